import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/parts.css";
import "./style/shell.css";
import "./style/views.css";
import { render } from "preact";
import { App } from "./app";
import { applyTheme } from "./core/session";

applyTheme();
const app = document.getElementById("app")!;
app.replaceChildren(); // what the page shows until this is there
render(<App />, app);
