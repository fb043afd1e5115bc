/**
 * @file The syntax tree of Python, with CPython's names (`ast`), as data: unions on `kind`, a place on every node. Contexts
 * of expressions (load, store, delete) are left out, as where a node stands says them. Without dependence on any parser.
 */

/** From the first character to behind the last one; lines and columns count from 1, columns in UTF-16 units. */
export interface Span {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

interface Placed {
  readonly at: Span;
}

export type BinaryOperator =
  | "Add"
  | "Sub"
  | "Mult"
  | "MatMult"
  | "Div"
  | "Mod"
  | "Pow"
  | "LShift"
  | "RShift"
  | "BitOr"
  | "BitXor"
  | "BitAnd"
  | "FloorDiv";
export type UnaryOperator = "Invert" | "Not" | "UAdd" | "USub";
export type Comparison = "Eq" | "NotEq" | "Lt" | "LtE" | "Gt" | "GtE" | "Is" | "IsNot" | "In" | "NotIn";

/** What a literal stands for. Integers are exact; bytes are as characters below 256. */
export type Literal =
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "float" | "imaginary"; readonly value: number }
  | { readonly type: "str" | "bytes"; readonly value: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "None" | "Ellipsis" };

export type Expression =
  | (Placed & { readonly kind: "BoolOp"; readonly op: "And" | "Or"; readonly values: readonly Expression[] })
  | (Placed & { readonly kind: "NamedExpr"; readonly target: Expression; readonly value: Expression })
  | (Placed & {
      readonly kind: "BinOp";
      readonly left: Expression;
      readonly op: BinaryOperator;
      readonly right: Expression;
    })
  | (Placed & { readonly kind: "UnaryOp"; readonly op: UnaryOperator; readonly operand: Expression })
  | (Placed & { readonly kind: "Lambda"; readonly args: Parameters; readonly body: Expression })
  | (Placed & {
      readonly kind: "IfExp";
      readonly test: Expression;
      readonly body: Expression;
      readonly orelse: Expression;
    })
  /** A key that is absent unpacks its value. */
  | (Placed & {
      readonly kind: "Dict";
      readonly keys: readonly (Expression | undefined)[];
      readonly values: readonly Expression[];
    })
  | (Placed & { readonly kind: "Set" | "List" | "Tuple"; readonly elts: readonly Expression[] })
  | (Placed & {
      readonly kind: "ListComp" | "SetComp" | "GeneratorExp";
      readonly elt: Expression;
      readonly generators: readonly Comprehension[];
    })
  | (Placed & {
      readonly kind: "DictComp";
      readonly key: Expression;
      readonly value: Expression;
      readonly generators: readonly Comprehension[];
    })
  | (Placed & { readonly kind: "Await" | "YieldFrom" | "Starred"; readonly value: Expression })
  | (Placed & { readonly kind: "Yield"; readonly value?: Expression | undefined })
  | (Placed & {
      readonly kind: "Compare";
      readonly left: Expression;
      readonly ops: readonly Comparison[];
      readonly comparators: readonly Expression[];
    })
  | (Placed & {
      readonly kind: "Call";
      readonly func: Expression;
      readonly args: readonly Expression[];
      readonly keywords: readonly Keyword[];
    })
  /** `conversion` is the code of `r`, `s` or `a`, or -1. */
  | (Placed & {
      readonly kind: "FormattedValue";
      readonly value: Expression;
      readonly conversion: number;
      readonly format_spec?: Expression | undefined;
    })
  | (Placed & { readonly kind: "JoinedStr"; readonly values: readonly Expression[] })
  | (Placed & { readonly kind: "Constant"; readonly value: Literal })
  | (Placed & { readonly kind: "Attribute"; readonly value: Expression; readonly attr: string })
  | (Placed & { readonly kind: "Subscript"; readonly value: Expression; readonly slice: Expression })
  | (Placed & { readonly kind: "Name"; readonly id: string })
  | (Placed & {
      readonly kind: "Slice";
      readonly lower?: Expression | undefined;
      readonly upper?: Expression | undefined;
      readonly step?: Expression | undefined;
    });

type Member<S, K> = S extends { readonly kind: infer T } ? (K extends T ? S : never) : never;

export type ExpressionOf<K extends Expression["kind"]> = Member<Expression, K>;

export interface Comprehension {
  readonly kind: "comprehension";
  readonly target: Expression;
  readonly iter: Expression;
  readonly ifs: readonly Expression[];
  readonly is_async: boolean;
}

/** Without a name it unpacks a dictionary. */
export interface Keyword extends Placed {
  readonly kind: "keyword";
  readonly arg?: string | undefined;
  readonly value: Expression;
}

export interface Parameter extends Placed {
  readonly kind: "arg";
  readonly arg: string;
  readonly annotation?: Expression | undefined;
}

/** Defaults are those of the last parameters; of keyword-only ones each has its own or none. */
export interface Parameters {
  readonly kind: "arguments";
  readonly posonlyargs: readonly Parameter[];
  readonly args: readonly Parameter[];
  readonly vararg?: Parameter | undefined;
  readonly kwonlyargs: readonly Parameter[];
  readonly kw_defaults: readonly (Expression | undefined)[];
  readonly kwarg?: Parameter | undefined;
  readonly defaults: readonly Expression[];
}

export interface Alias extends Placed {
  readonly kind: "alias";
  readonly name: string;
  readonly asname?: string | undefined;
}

export interface WithItem {
  readonly kind: "withitem";
  readonly context_expr: Expression;
  readonly optional_vars?: Expression | undefined;
}

export interface ExceptHandler extends Placed {
  readonly kind: "ExceptHandler";
  readonly type?: Expression | undefined;
  readonly name?: string | undefined;
  readonly body: readonly Statement[];
}

export interface MatchCase {
  readonly kind: "match_case";
  readonly pattern: Pattern;
  readonly guard?: Expression | undefined;
  readonly body: readonly Statement[];
}

export type Pattern =
  | (Placed & { readonly kind: "MatchValue"; readonly value: Expression })
  | (Placed & { readonly kind: "MatchSingleton"; readonly value: Literal })
  | (Placed & { readonly kind: "MatchSequence" | "MatchOr"; readonly patterns: readonly Pattern[] })
  | (Placed & {
      readonly kind: "MatchMapping";
      readonly keys: readonly Expression[];
      readonly patterns: readonly Pattern[];
      readonly rest?: string | undefined;
    })
  | (Placed & {
      readonly kind: "MatchClass";
      readonly cls: Expression;
      readonly patterns: readonly Pattern[];
      readonly kwd_attrs: readonly string[];
      readonly kwd_patterns: readonly Pattern[];
    })
  | (Placed & { readonly kind: "MatchStar"; readonly name?: string | undefined })
  | (Placed & {
      readonly kind: "MatchAs";
      readonly pattern?: Pattern | undefined;
      readonly name?: string | undefined;
    });

export interface FunctionDef extends Placed {
  readonly kind: "FunctionDef" | "AsyncFunctionDef";
  readonly name: string;
  readonly args: Parameters;
  readonly body: readonly Statement[];
  readonly decorator_list: readonly Expression[];
  readonly returns?: Expression | undefined;
}

export type Statement =
  | FunctionDef
  | (Placed & {
      readonly kind: "ClassDef";
      readonly name: string;
      readonly bases: readonly Expression[];
      readonly keywords: readonly Keyword[];
      readonly body: readonly Statement[];
      readonly decorator_list: readonly Expression[];
    })
  | (Placed & { readonly kind: "Return"; readonly value?: Expression | undefined })
  | (Placed & { readonly kind: "Delete"; readonly targets: readonly Expression[] })
  | (Placed & { readonly kind: "Assign"; readonly targets: readonly Expression[]; readonly value: Expression })
  | (Placed & { readonly kind: "TypeAlias"; readonly name: Expression; readonly value: Expression })
  | (Placed & {
      readonly kind: "AugAssign";
      readonly target: Expression;
      readonly op: BinaryOperator;
      readonly value: Expression;
    })
  | (Placed & {
      readonly kind: "AnnAssign";
      readonly target: Expression;
      readonly annotation: Expression;
      readonly value?: Expression | undefined;
      readonly simple: boolean;
    })
  | (Placed & {
      readonly kind: "For" | "AsyncFor";
      readonly target: Expression;
      readonly iter: Expression;
      readonly body: readonly Statement[];
      readonly orelse: readonly Statement[];
    })
  | (Placed & {
      readonly kind: "While" | "If";
      readonly test: Expression;
      readonly body: readonly Statement[];
      readonly orelse: readonly Statement[];
    })
  | (Placed & {
      readonly kind: "With" | "AsyncWith";
      readonly items: readonly WithItem[];
      readonly body: readonly Statement[];
    })
  | (Placed & { readonly kind: "Match"; readonly subject: Expression; readonly cases: readonly MatchCase[] })
  | (Placed & {
      readonly kind: "Raise";
      readonly exc?: Expression | undefined;
      readonly cause?: Expression | undefined;
    })
  | (Placed & {
      readonly kind: "Try" | "TryStar";
      readonly body: readonly Statement[];
      readonly handlers: readonly ExceptHandler[];
      readonly orelse: readonly Statement[];
      readonly finalbody: readonly Statement[];
    })
  | (Placed & { readonly kind: "Assert"; readonly test: Expression; readonly msg?: Expression | undefined })
  | (Placed & { readonly kind: "Import"; readonly names: readonly Alias[] })
  | (Placed & {
      readonly kind: "ImportFrom";
      readonly module?: string | undefined;
      readonly names: readonly Alias[];
      readonly level: number;
    })
  | (Placed & { readonly kind: "Global" | "Nonlocal"; readonly names: readonly string[] })
  | (Placed & { readonly kind: "Expr"; readonly value: Expression })
  | (Placed & { readonly kind: "Pass" | "Break" | "Continue" });

export type StatementOf<K extends Statement["kind"]> = Member<Statement, K>;

export interface Module {
  readonly kind: "Module";
  readonly body: readonly Statement[];
}
