// The dashboard island: throughput over time, drawn as svg in the theme's colours; the table beside it says the same.
import * as echarts from 'echarts/core';
import { LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
import { fetchJson, locale, token } from './page.js';

echarts.use([LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

const SERIES = [
  ['started', 'Started', '--chart-started', 'solid'],
  ['completed', 'Completed', '--chart-completed', 'solid'],
  ['failed', 'Failed', '--chart-failed', [4, 3]],
];
const isShort = (range) => range === '1h' || range === '24h';
const stamp = (range) => new Intl.DateTimeFormat(locale, isShort(range)
  ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
  : { day: 'numeric', month: 'short' });
const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function options(points, range) {
  const words = stamp(range);
  const label = (index) => words.format(new Date(points[index].at));
  const muted = token('--muted');
  const small = { color: muted, fontFamily: token('--font'), fontSize: 12 };
  return {
    animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    animationDuration: 400,
    textStyle: { fontFamily: token('--font') },
    grid: { left: 8, right: 12, top: 38, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, icon: 'roundRect', itemWidth: 14, itemHeight: 4, itemGap: 18, textStyle: { ...small, color: token('--text') } },
    tooltip: {
      trigger: 'axis',
      backgroundColor: token('--surface-raised'),
      borderColor: token('--border'),
      textStyle: { color: token('--text'), fontFamily: token('--font'), fontSize: 13 },
      formatter: (items) => `<strong>${escape(words.format(new Date(items[0].axisValue)))}</strong>${items
        .map((item) => `<br>${item.marker}${escape(item.seriesName)} <strong>${item.data.toLocaleString('en')}</strong>`).join('')}`,
    },
    xAxis: {
      type: 'category',
      boundaryGap: false,
      data: points.map(({ at }) => at),
      axisLabel: { ...small, hideOverlap: true, interval: (index) => index === 0 || label(index) !== label(index - 1), formatter: (at) => words.format(new Date(at)) },
      axisLine: { lineStyle: { color: token('--border') } },
      axisTick: { show: false },
    },
    yAxis: { type: 'value', minInterval: 1, axisLabel: small, splitLine: { lineStyle: { color: token('--border-soft') } } },
    series: SERIES.map(([field, name, colour, type], index) => ({
      name,
      type: 'line',
      smooth: 0.25,
      showSymbol: points.length < 2,
      symbolSize: 6,
      data: points.map((point) => point[field]),
      lineStyle: { width: 2.5, type },
      itemStyle: { color: token(colour) },
      areaStyle: index === 1 ? { opacity: 0.1 } : undefined,
      emphasis: { disabled: true },
    })),
  };
}

/** The chart in a sentence, for everyone. */
function reading(points) {
  const sum = (field) => points.reduce((total, point) => total + point[field], 0);
  const [started, completed, failed] = ['started', 'completed', 'failed'].map(sum);
  const count = (number) => number.toLocaleString('en');
  const balance = started > completed + failed ? `${count(started - completed - failed)} more came in than went out` : 'as many or more went out than came in';
  return `${count(started)} started, ${count(completed)} completed, ${count(failed)} failed: ${balance}.`;
}

async function open(host) {
  const { range, source } = host.dataset;
  const place = host.querySelector('[data-chart=throughput]');
  const words = host.querySelector('[data-reading=throughput]');
  const chart = echarts.init(place, null, { renderer: 'svg' });
  let points = [];
  const paint = () => chart.setOption(options(points, range), true);
  const read = async () => {
    ({ throughput: points } = await fetchJson(source));
    words.textContent = points.length ? reading(points) : 'Nothing ran in this range.';
    place.setAttribute('role', 'img');
    place.setAttribute('aria-label', `Line chart. ${words.textContent} The data are in the table below.`);
    paint();
  };
  await read();
  new ResizeObserver(() => chart.resize()).observe(place);
  document.addEventListener('themechange', paint);
  setInterval(() => { if (!document.hidden) read().catch(() => { words.textContent = 'The figures could not be read again.'; }); }, 15000);
  host.dataset.ready = 'true';
}

for (const host of document.querySelectorAll('[data-dashboard]')) {
  open(host).catch((problem) => {
    host.querySelector('[data-reading=throughput]').textContent = `The chart could not be shown: ${problem.message}`;
    host.dataset.ready = 'failed';
  });
}
