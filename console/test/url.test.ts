import { expect, test, vi } from "vitest";

vi.stubGlobal("location", { pathname: "/logs", search: "?q=a&from=now-1h&filter=x%3D1" });

const { changed, link } = await import("../src/url");
const { selectionOf, queryOf, toggled, fieldName } = await import("../src/logquery");

test("a link to another page keeps the time range and nothing else", () => {
  expect(link("/traces", { service: "web" })).toBe("/traces?from=now-1h&service=web");
});

test("what is empty leaves the address", () => {
  const params = changed(new URLSearchParams("q=a&live=1"), { q: "", live: null, filter: ["a=1", "b=2"] });
  expect(params.toString()).toBe("filter=a%3D1&filter=b%3D2");
});

test("a selection goes into the address and comes back", () => {
  const params = changed(new URLSearchParams(), { q: 'say "hi" & go', filter: ["level=error", "p\\=q=1"], record: "42", live: "1" });
  const selection = selectionOf(new URLSearchParams(params.toString()));
  expect(selection).toEqual({ q: 'say "hi" & go', filters: ["level=error", "p\\=q=1"], selected: "42", live: true });
  expect(queryOf(selection, null)).toEqual({ q: 'say "hi" & go', filter: ["level=error", "p\\=q=1"] });
});

test("a filter is set and taken away by the same click, and its name is escaped", () => {
  expect(toggled(toggled([], "a=1"), "a=1")).toEqual([]);
  expect(fieldName("a=b")).toBe("a\\=b");
});
