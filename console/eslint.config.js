import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Ways in which a log line could become markup or script. */
const markup = [
  { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Log content is shown as text only." },
  { selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]", message: "Log content is shown as text only." },
  { selector: "NewExpression[callee.name='Function']", message: "The content security policy forbids it." },
];

export default tseslint.config(
  { ignores: ["dist", "node_modules"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      "no-restricted-syntax": ["error", ...markup],
      "no-eval": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "max-lines": ["error", { max: 320, skipBlankLines: true }],
    },
  },
  { files: ["e2e/**/*.mjs", "*.js"], languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", setTimeout: "readonly", fetch: "readonly", Buffer: "readonly", document: "readonly", window: "readonly", requestAnimationFrame: "readonly", setInterval: "readonly", clearInterval: "readonly", getComputedStyle: "readonly", Image: "readonly", performance: "readonly", location: "readonly", scrollTo: "readonly" } } },
);
