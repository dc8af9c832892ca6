import { type ReactNode, useState } from 'react';
import { DayRange, type Range, rangeUpTo } from '../ui/DayRange.tsx';
import { Loaded } from '../ui/Loaded.tsx';
import { useCompany } from './useCompany.ts';

/** Figures of a range of days that can be chosen: at first the month up to the day that is open. */
export function InRange({
  dayNow,
  children,
}: {
  /** What something live tells to be today, as soon as it does. */
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
