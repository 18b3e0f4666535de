import { render } from "preact";
import "../ui";
import { api, entered, told } from "../api";
import { Door } from "./Door";

const app = document.getElementById("app");
if (app) render(<Door />, app);

if (await entered.catch(() => false)) {
  const { volunteer, merchant, roles } = await told(api.GET("/v1/session"));
  const [only] = roles;
  if (roles.length === 1 && only) {
    location.replace(volunteer ? "/me/" : merchant ? "/till/" : "/desk/");
  }
}
