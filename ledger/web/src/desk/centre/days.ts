// Which day is it on this device, and which days are beside it?

/** As YYYY-MM-DD. */
export function dayOf(time: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** Midnight of a day, so many days on. */
export function midnight(day: string, on = 0): Date {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + on);
}

/** The Monday of the week of a day. */
export function monday(day: string): string {
  const time = midnight(day);
  return dayOf(midnight(day, -((time.getDay() + 6) % 7)));
}

/** Months (YYYY-MM) from one to another, both included. */
export function monthsFrom(first: string, last: string): string[] {
  const found: string[] = [];
  let [year = 0, month = 0] = first.split("-").map(Number);
  while (found.length < 600) {
    const text = `${year}-${String(month).padStart(2, "0")}`;
    if (text > last) break;
    found.push(text);
    if (month === 12) [year, month] = [year + 1, 1];
    else month += 1;
  }
  return found;
}
