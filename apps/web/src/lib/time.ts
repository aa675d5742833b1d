const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span as two units at most: `40 s`, `21 m`, `4 h 48 m`, `31 d`. Negative spans count as zero. */
export function span(ms: number): string {
  const rest = Math.max(0, ms);
  if (rest < MINUTE) return `${Math.floor(rest / SECOND)} s`;
  if (rest < HOUR) return `${Math.floor(rest / MINUTE)} m`;
  if (rest < DAY) {
    const minutes = Math.floor((rest % HOUR) / MINUTE);
    return `${Math.floor(rest / HOUR)} h${minutes > 0 ? ` ${minutes} m` : ""}`;
  }
  return `${Math.floor(rest / DAY)} d`;
}

/** Seconds of a Flux interval in words: `10 m`, `1 h 30 m`, `45 s`. */
export function interval(seconds: number): string {
  const parts: string[] = [];
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = Math.round(seconds % 60);
  if (hours > 0) parts.push(`${hours} h`);
  if (minutes > 0) parts.push(`${minutes} m`);
  if (rest > 0 || parts.length === 0) parts.push(`${rest} s`);
  return parts.join(" ");
}

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
/** Three letters each: what browsers call September differs. */
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Time of day in the browser's zone, `14:02:11`. */
export const clock = (iso: string | number): string => clockFormat.format(new Date(iso));
/** `17 Sep 2026`. */
export function day(iso: string | number): string {
  const date = new Date(iso);
  return `${date.getDate()} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
}
/** `17 Sep 2026, 14:02:11`: what a tooltip shows beside every relative time. */
export const moment = (iso: string | number): string => `${day(iso)}, ${clock(iso)}`;

/** When something began, short: `14:02` today, else `17 Sep`, with the year when it was another. */
export function sinceWords(iso: string, nowMs: number): string {
  if (day(iso) === day(nowMs)) return clock(iso).slice(0, 5);
  const [date, month, year] = day(iso).split(" ");
  return day(nowMs).endsWith(` ${year}`) ? `${date} ${month}` : `${date} ${month} ${year}`;
}

/** `14:02:11` today, `yesterday 18:04:51`, else with the day. */
export function when(iso: string, nowMs: number): string {
  if (day(iso) === day(nowMs)) return clock(iso);
  if (day(iso) === day(nowMs - DAY)) return `yesterday ${clock(iso)}`;
  return moment(iso);
}
