import { expect, test } from "vitest";

import { address, errorOf } from "../src/api/client";

test("lists are repeated and what is absent is left out", () => {
  expect(address("/logs", { q: "a b", filter: ["level=error", "x=1"], cursor: null, limit: 5, service: "" }))
    .toBe("/api/v1/logs?q=a+b&filter=level%3Derror&filter=x%3D1&limit=5");
  expect(address("/status")).toBe("/api/v1/status");
});

test("an error of the API keeps its code and its remedy", () => {
  const error = errorOf(400, { error: { code: "invalid_parameter", message: "from: \"x\" is no time", parameter: "from", remedy: "write now" } });
  expect([error.status, error.code, error.message, error.remedy]).toEqual([400, "invalid_parameter", "from: \"x\" is no time", "write now"]);
});

test("an answer in another form is still an error with words", () => {
  for (const body of [null, "oops", {}, { error: "x" }, { error: { message: 7 } }]) {
    expect(errorOf(502, body).message).toBe("the server answered 502");
  }
});
