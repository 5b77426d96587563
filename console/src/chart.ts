/** What the chart draws: the series of all queries on one scale of time. */

import type { Exemplar, ExemplarsAnswer, RangeAnswer } from "./api/types";
import { seriesName } from "./promql";

/** More lines than this could not be told apart. */
export const LINES_MAX = 40;

export interface Line {
  key: string;
  name: string;
  query: number;
  values: (number | null)[];
}

export interface Drawn {
  times: number[];
  lines: Line[];
  /** Series that are not drawn. */
  hidden: number;
}

/** Joins answers; they were asked with the same range and step, so that their times are the same. */
export function join(answers: { query: string; answer: RangeAnswer }[]): Drawn {
  const times = answers[0]?.answer.times_ms ?? [];
  const all = answers.flatMap(({ query, answer }, index) => answer.series.map((series): Line => ({
    key: `${index} ${JSON.stringify(series.labels)}`,
    name: (answers.length > 1 ? `${String.fromCharCode(65 + index)} ` : "") + seriesName(series.labels, query),
    query: index,
    values: times.map((_, at) => series.values[at] ?? null),
  })));
  const total = answers.reduce((sum, { answer }) => sum + answer.series_total, 0);
  const lines = all.slice(0, LINES_MAX);
  return { times, lines, hidden: total - lines.length };
}

/** The newest value of a line. */
export function last(values: (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

/** Exemplars with a trace, those of all series together. */
export function exemplarsOf(answers: ExemplarsAnswer[]): Exemplar[] {
  return answers.flatMap((answer) => answer.series.flatMap((series) => series.exemplars)).filter((exemplar) => exemplar.trace_id !== null);
}
