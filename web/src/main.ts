/** Starts the dashboard. */
import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/states.css";
import "./styles/tables.css";
import "./styles/charts.css";
import "./styles/outages.css";
import "./styles/incidents.css";
import "./styles/releases.css";
import "./styles/forms.css";
import "./styles/models.css";
import "./styles/plugins.css";
import "./styles/realtime.css";
import { start } from "./app";
import { watchScheme } from "./charts/palette";

const root = document.getElementById("app");
if (root) {
  watchScheme();
  void start(root);
}
