import { AreaChart, BarChart } from '@mantine/charts';
import '@mantine/charts/styles.layer.css';
import { useDay } from './moments.tsx';

export interface Series {
  readonly name: string;
  readonly label: string;
  readonly color: string;
}

/** A chart of figures per day. Screen readers skip it: the table on the same page has the same figures. */
export function Chart({
  kind,
  data,
  series,
  format,
}: {
  kind: 'bars' | 'areas';
  /** Formats a figure for the chart. */
  format: (figure: number) => string;
  data: readonly { readonly day: string; readonly [series: string]: string | number }[];
  series: readonly Series[];
}) {
  const dayText = useDay();
  const Drawn = kind === 'bars' ? BarChart : AreaChart;
  return (
    <div aria-hidden>
      <Drawn
        h={240}
        data={data.map((each) => ({ ...each, day: dayText(each.day) }))}
        dataKey="day"
        series={series.map(({ name, label, color }) => ({ name, label, color }))}
        withLegend={series.length > 1}
        valueFormatter={format}
        tickLine="none"
        {...(kind === 'areas'
          ? { curveType: 'monotone', withDots: false, areaChartProps: { accessibilityLayer: false } }
          : { barChartProps: { accessibilityLayer: false } })}
      />
    </div>
  );
}
