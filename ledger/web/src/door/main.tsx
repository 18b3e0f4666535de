import { render } from "preact";
import "../ui";
import { Door } from "./Door";

const app = document.getElementById("app");
if (app) render(<Door />, app);
