import { render } from "preact";
import "../ui";
import { Desk } from "./Desk";

const app = document.getElementById("app");
if (app) render(<Desk />, app);
