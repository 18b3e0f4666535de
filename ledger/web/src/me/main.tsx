import { render } from "preact";
import "../ui";
import "./me.css";
import { Me } from "./Me";

const app = document.getElementById("app");
if (app) render(<Me />, app);
