// What a terminal can do, decided by us from its environment and not by blessed, which reads neither today's terminfo
// files nor NO_COLOR, and takes LC_ALL=C beside LANG=en_US.UTF-8 for UTF-8. Pure.

/** What the environment says, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type ColourChoice = "auto" | "always" | "never";

/** What the command line says; undefined: the environment decides. */
export interface Wishes {
  readonly colour?: ColourChoice | undefined;
  readonly isUnicode?: boolean | undefined;
}

export interface Abilities {
  /** Which description of a terminal blessed is to use. */
  readonly terminal: string;
  readonly isUnicode: boolean;
  readonly hasColour: boolean;
}

/** What to draw with. */
export function abilitiesOf(environment: Environment, wishes: Wishes = {}): Abilities {
  return {
    terminal: terminalOf(environment["TERM"] ?? ""),
    isUnicode: wishes.isUnicode ?? isUtf8(environment),
    hasColour: hasColour(environment, wishes.colour ?? "auto"),
  };
}

/** Whether a screen can be drawn at all: not on what is no terminal, nor on one that takes no commands. */
export function canDraw(environment: Environment, isTTY: boolean): boolean {
  const terminal = environment["TERM"] ?? "";
  return isTTY && terminal !== "" && terminal !== "dumb";
}

/** Whether text may be coloured: --color, then NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE, then whether it is a terminal. */
export function hasColour(environment: Environment, choice: ColourChoice, isTTY = true): boolean {
  if (choice !== "auto") return choice === "always";
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  const forced = environment["FORCE_COLOR"] ?? environment["CLICOLOR_FORCE"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return isTTY && environment["TERM"] !== "dumb";
}

// The one description that blessed brings along is right for every terminal emulator of today: what it reads of the
// system's own, it reads wrong.
function terminalOf(name: string): string {
  return /^(linux|vt\d)/.test(name) ? name : "xterm-256color";
}

// As C's setlocale: the first of these that is set decides.
function isUtf8(environment: Environment): boolean {
  const locale = ["LC_ALL", "LC_CTYPE", "LANG"].map((name) => environment[name] ?? "").find((value) => value !== "");
  return locale !== undefined && /utf-?8/i.test(locale);
}
