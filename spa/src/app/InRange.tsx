import { type ReactNode, useState } from 'react';
import { DayRange, type Range, rangeUpTo } from '../ui/DayRange.tsx';
import { Loaded } from '../ui/Loaded.tsx';
import { useCompany } from './useCompany.ts';

/** Shows its children for a range of days that the user chooses: at first the 31 days up to the open day. */
export function InRange({
  dayNow,
  children,
}: {
  /** The current day of a subscription's newest payload; undefined before the first one. */
  dayNow: string | undefined;
  children: (range: Range, billingDay: string) => ReactNode;
}) {
  const [chosen, setChosen] = useState<Range>();
  const company = useCompany({ dayNow });
  return (
    <Loaded result={company} rows={6}>
      {({ company: { billingDay } }) => {
        const range = chosen ?? rangeUpTo(billingDay, 31);
        return (
          <>
            <DayRange value={range} today={billingDay} onChange={setChosen} />
            {children(range, billingDay)}
          </>
        );
      }}
    </Loaded>
  );
}
