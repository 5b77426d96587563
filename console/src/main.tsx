import { render } from "preact";

import "uplot/dist/uPlot.min.css";
import "../styles/base.css";
import "../styles/parts.css";
import "../styles/pages.css";

import { App } from "./app";
import { onKeyDown } from "./keys";
import { startTheme } from "./theme";
import { followHistory, showCurrent } from "./url";

if (location.pathname === "/") history.replaceState(null, "", `/pipeline${location.search}`);
startTheme();
showCurrent();
followHistory();
addEventListener("keydown", onKeyDown);
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
