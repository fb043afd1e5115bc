/** @file Completion scripts, generated from the command tree: verbs, their options, and the values an option may take. */

import type { Command, Option } from "commander";

export type Shell = "bash" | "zsh" | "fish";

export function completionScript(tree: Command, shell: Shell): string {
  const make: Readonly<Record<Shell, (tree: Command) => string>> = { bash, zsh, fish };
  return make[shell](tree);
}

/** The verbs people are meant to see. */
function verbsOf(tree: Command): readonly Command[] {
  return tree.createHelp().visibleCommands(tree);
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

const flagsOf = (option: Option): readonly string[] => [option.short, option.long].filter((flag) => flag !== undefined);

/** The shell's name of a function and the verbs' words never need quoting; texts do. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(tree: Command): string {
  const verbs = verbsOf(tree);
  const cases = verbs.map((verb) => {
    const options = optionsOf(verb);
    const values = options
      .filter((option) => option.argChoices !== undefined)
      .map((option) => `      ${flagsOf(option).join("|")}) choices=${quoted(option.argChoices!.join(" "))} ;;\n`);
    const flags = options.flatMap(flagsOf).join(" ");
    return `    ${verb.name()})\n      flags=${quoted(flags)}\n      case "$previous" in\n${values.join("")}      esac\n      ;;\n`;
  });
  return `_persimmons() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" flags='' choices=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(verbs.map((verb) => verb.name()).join(" "))} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("")}  esac
  if [ -n "$choices" ]; then COMPREPLY=($(compgen -W "$choices" -- "$current"))
  elif [ "\${current:0:1}" = - ]; then COMPREPLY=($(compgen -W "$flags" -- "$current"))
  else COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _persimmons persimmons
`;
}

function zsh(tree: Command): string {
  const verbs = verbsOf(tree);
  const described = verbs.map((verb) => `    ${quoted(`${verb.name()}:${verb.description()}`)}`);
  const cases = verbs.map((verb) => {
    const specs = optionsOf(verb).flatMap((option) => {
      const value = option.required || option.optional;
      const action = option.argChoices === undefined ? "_files" : `(${option.argChoices.join(" ")})`;
      const text = option.description.replace(/[[\]:]/g, "\\$&");
      return flagsOf(option).map((flag) => quoted(`*${flag}[${text}]${value ? `:value:${action}` : ""}`));
    });
    return `    ${verb.name()}) _arguments ${[...specs, quoted("*:file:_files")].join(" ")} ;;\n`;
  });
  return `#compdef persimmons
_persimmons() {
  local -a verbs=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe verb verbs; return; fi
  local verb=$words[2]
  shift words; (( CURRENT-- ))
  case $verb in
${cases.join("")}  esac
}
compdef _persimmons persimmons
`;
}

function fish(tree: Command): string {
  const lines: string[] = [];
  for (const verb of verbsOf(tree)) {
    const about = quoted(verb.description());
    lines.push(`complete -c persimmons -n __fish_use_subcommand -f -a ${verb.name()} -d ${about}`);
    for (const option of optionsOf(verb)) {
      const short = option.short === undefined ? "" : ` -s ${option.short.slice(1)}`;
      const long = option.long === undefined ? "" : ` -l ${option.long.slice(2)}`;
      const choices = option.argChoices === undefined ? "" : ` -xa ${quoted(option.argChoices.join(" "))}`;
      const value = choices === "" && (option.required || option.optional) ? " -r" : choices;
      const seen = quoted(`__fish_seen_subcommand_from ${verb.name()}`);
      lines.push(`complete -c persimmons -n ${seen}${short}${long}${value} -d ${quoted(option.description)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}
