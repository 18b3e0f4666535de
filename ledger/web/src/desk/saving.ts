// How is an answer kept as a file? By the name that it comes with.
import { why } from "../api";
import { toast } from "../ui";

/** `tell` says what went wrong. */
export async function save(
  answering: Promise<Response>,
  tell: (error: unknown) => void = (error) => toast(why(error), "bad"),
): Promise<void> {
  try {
    const answer = await answering;
    const told = answer.headers.get("Content-Disposition") ?? "";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = decodeURIComponent(/filename\*=UTF-8''(\S+)/.exec(told)?.[1] ?? "");
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    tell(error);
  }
}
