import { render } from "preact";
import "../ui";
import { Kiosk } from "./Kiosk";

const app = document.getElementById("app");
if (app) render(<Kiosk />, app);
