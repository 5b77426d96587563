import { expect, test } from "vitest";

import { aggregate, aggregationOf, quantile, queryFor, selectorOf, seriesName } from "../src/promql";

test("a metric shows first as one wants to see its kind", () => {
  expect(queryFor({ name: "http_requests_total", kind: "counter" })).toBe("rate(http_requests_total[1m])");
  expect(queryFor({ name: "up", kind: "gauge" })).toBe("up");
  expect(queryFor({ name: "x_seconds_bucket", kind: "histogram" })).toBe("histogram_quantile(0.95, sum by (le) (rate(x_seconds_bucket[1m])))");
  expect(queryFor({ name: "with.dots", kind: "gauge" })).toBe('{"with.dots"}');
});

test("an aggregation is put around a query, replaced and taken away", () => {
  const summed = aggregate("rate(a[1m])", "sum", ["job"]);
  expect(summed).toBe("sum by (job) (rate(a[1m]))");
  expect(aggregate(summed, "max", [])).toBe("max (rate(a[1m]))");
  expect(aggregate(summed, null, [])).toBe("rate(a[1m])");
  expect(aggregationOf(summed)).toEqual({ aggregation: "sum", by: ["job"] });
  expect(aggregationOf("up")).toEqual({ aggregation: null, by: [] });
});

test("the selector of a query is found among the words of the language", () => {
  expect(selectorOf('sum by (job) (rate(http_requests_total{code="200"}[5m]))')).toBe('http_requests_total{code="200"}');
  expect(selectorOf(quantile("x_bucket", 0.9, ["job"]))).toBe("x_bucket");
  expect(selectorOf("1 + 2")).toBeNull();
});

test("a series is named by its labels", () => {
  expect(seriesName({ __name__: "up", job: "a" }, "q")).toBe("up{job=a}");
  expect(seriesName({ __name__: "up" }, "q")).toBe("up");
  expect(seriesName({}, "sum (up)")).toBe("sum (up)");
});
