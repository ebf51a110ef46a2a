// Numbers with their units, as the API and the terminal write them.

const rates = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s"];
const counts = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];

/** Three significant digits: `[“14.2”, “TH/s”]`. */
function scaled(value, units) {
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return [value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2), units[unit]];
}

/** `14.2 TH/s` */
export const hashrate = (value) => scaled(Math.max(0, Number(value) || 0), rates).join(" ");

/** Hashes of work, which may be a decimal text of any length: `4.29 GH`. */
export function work(value) {
  const [number, unit] = scaled(Math.max(0, Number(value) || 0), counts);
  return `${number} ${unit}H`;
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** `1,234` */
export const count = (value) => (Number.isFinite(Number(value)) ? grouped.format(Number(value)) : "—");

/** A part of 1 as `98.3 %`. */
export function percent(part, digits = 1) {
  return Number.isFinite(part) ? `${(part * 100).toFixed(digits)} %` : "—";
}

/** A difference as `+1.2 %`. */
export function gain(part, digits = 1) {
  if (!Number.isFinite(part)) return "—";
  const text = Math.abs(part * 100).toFixed(digits);
  return `${part < 0 && Number(text) !== 0 ? "−" : "+"}${text} %`;
}

/** Up to `digits` significant digits, without an exponent where that can be read. */
export function amount(value, digits = 4) {
  if (!Number.isFinite(value)) return "—";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-9) return powers(value.toExponential(digits - 1));
  const decimals = Math.min(12, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
  return new Intl.NumberFormat("en", { maximumFractionDigits: decimals }).format(value);
}

/** `2.98e+13` as people write it: `2.98×10¹³`. */
function powers(text) {
  const [number, exponent] = text.split("e");
  return `${number}×10${[...exponent.replace("+", "")].map((digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)])).join("")}`;
}

/** Difficulty, as miners know it. */
export const difficulty = (value) => (value >= 1e6 ? scaled(value, counts).join(" ") : amount(value, 4));

/** Milliseconds: `48 ms`, `1.3 s`. */
export function milliseconds(value) {
  if (!Number.isFinite(value)) return "—";
  return value < 10 ? `${value.toFixed(1)} ms` : value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** `42 s`, `7 min`, `3 h 12 min`, `5 d 3 h` */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "—";
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours < 48) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  const rest = hours % 24;
  return rest ? `${Math.floor(hours / 24)} d ${rest} h` : `${Math.floor(hours / 24)} d`;
}

/** Seconds since 1970 as the browser's local time, `2026-11-28 23:41:07`. */
export function moment(unixSeconds) {
  const date = new Date(unixSeconds * 1000);
  if (!Number.isFinite(date.getTime())) return "—";
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} `
    + `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `12 s ago`, by the browser's clock. */
export function ago(unixSeconds) {
  return Number.isFinite(unixSeconds) ? `${duration(Date.now() / 1000 - unixSeconds)} ago` : "—";
}

/** Unix seconds from a number of seconds or an ISO text; `NaN` where it is neither. */
export function unixSeconds(value) {
  if (typeof value === "number") return value > 1e11 ? value / 1000 : value;
  return value ? Date.parse(value) / 1000 : NaN;
}
