//! What can be said about a module without running it: facts that nobody states, functions that reach
//! out or never end, rules that are missing.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;
use regorus::unstable::{
    AssignOp, Expr, Literal, LiteralStmt, Query, Ref, Rule, RuleAssign, RuleBody, RuleHead,
};

use crate::bundle::{is_module, is_test};
use crate::complaint::Complaint;
use crate::program::{self, Parsed};
use crate::schema::{self, Known};
use crate::settings::ParameterValue;

/// How deep rules may call each other. The evaluator recurses, and its stack ends.
const MAX_DEPTH: usize = 12;

/// Functions of Rego that a policy must not use, and why.
const FORBIDDEN: [(&str, &str); 16] = [
    ("http.send", "reaches out: a decision rests on recorded facts alone"),
    ("net.", "reaches out: a decision rests on recorded facts alone"),
    ("opa.runtime", "depends on the machine"),
    ("rand.intn", "is never the same twice: a decision has to be replayed"),
    ("uuid.rfc4122", "is never the same twice: a decision has to be replayed"),
    ("time.", "depends on the clock; ages are facts, such as `revision.age_hours`"),
    ("numbers.range", "takes all the memory it is asked for"),
    ("numbers.range_step", "takes all the memory it is asked for"),
    ("bits.lsh", "takes all the memory it is asked for"),
    ("print", "writes to the server's terminal"),
    ("trace", "writes to the server's terminal"),
    ("test.sleep", "sleeps"),
    ("io.", "is not for policies"),
    ("crypto.", "is not for policies"),
    ("graphql.", "is not for policies"),
    ("rego.", "is not for policies"),
];

/// A reference such as `input.facts.revision`: its parts; `None` where one is computed.
pub(crate) type Path = Vec<Option<String>>;

/// Complaints about one module.
pub(crate) fn module(file: &str, parsed: &Parsed, is_test: bool) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut heads = BTreeSet::new();
    for rule in &parsed.module.policy {
        if let Some(name) = head(rule) {
            heads.insert(name);
        }
    }
    for import in &parsed.module.imports {
        let path = path_of(&import.refr).unwrap_or_default();
        let is_fine = matches!(path.first(), Some(Some(root)) if root == "rego" || root == "future")
            || may_refer(&path);
        if !is_fine {
            let line = Some(import.span.line);
            let what = "it imports something that is not there";
            let remedy =
                "`data.weighbridge.words` and `data.weighbridge.own.lib.<name>` can be imported";
            complaints.push(Complaint::error(file, line, what, remedy));
        }
    }
    each_expression(parsed, &mut |expression| {
        let line = Some(expression.span().line);
        if let Expr::Call { fcn, .. } = expression
            && let Some(path) = path_of(fcn)
        {
            let name = path
                .iter()
                .map(|part| part.as_deref().unwrap_or("*"))
                .collect::<Vec<_>>()
                .join(".");
            let bad = FORBIDDEN
                .iter()
                .find(|(bad, _)| name == *bad || bad.ends_with('.') && name.starts_with(bad));
            if let Some((_, why)) = bad {
                let what = format!("`{name}` {why}");
                complaints.push(Complaint::error(
                    file,
                    line,
                    what,
                    "decide by the facts in `input`",
                ));
            }
            return;
        }
        let Some(path) = path_of(expression) else { return };
        match path.first() {
            Some(Some(root)) if root == "input" && !is_test => {
                complaints.extend(
                    unknown(&path).map(|(what, remedy)| Complaint::error(file, line, what, remedy)),
                );
            }
            Some(Some(root)) if root == "data" && !is_test && !may_refer(&path) => {
                let what = "it refers to data that is not there";
                let remedy = "a rule sees `input.facts`, `input.parameters`, `data.weighbridge.words` and \
                              `data.weighbridge.own.lib`";
                complaints.push(Complaint::error(file, line, what, remedy));
            }
            _ => {}
        }
    });
    let is_library = parsed.package.starts_with(crate::own::LIBRARY);
    if !is_test && !is_library {
        for (name, example) in [
            (
                "rule",
                "rule := {\"title\": …, \"why\": …, \"effect\": \"hold\", \"contact\": \"security-reviewer\"}",
            ),
            ("objections", "objections contains {\"message\": …, \"remedy\": …} if { … }"),
        ] {
            if !heads.contains(name) {
                let what = format!("it has no `{name}`");
                let remedy = format!("add `{example}`");
                complaints.push(Complaint::error(file, Some(parsed.package_line), what, remedy));
            }
        }
        if let Some(name) = heads.iter().find(|name| name.starts_with("test_")) {
            let what = format!("`{name}` looks like a test, and is not run as one");
            complaints.push(Complaint::warning(
                file,
                None,
                what,
                "tests stand in files `*_test.rego`",
            ));
        }
    }
    complaints.sort_by(|one, other| (one.line, &one.what).cmp(&(other.line, &other.what)));
    complaints.dedup();
    complaints
}

/// Complaints about parameters that the rule reads and does not have.
pub(crate) fn parameters(
    file: &str,
    rego: &str,
    known: &BTreeMap<String, ParameterValue>,
) -> Vec<Complaint> {
    let Ok(parsed) = program::parse(file, rego) else { return Vec::new() };
    let mut complaints = Vec::new();
    each_expression(&parsed, &mut |expression| {
        let Some(path) = path_of(expression) else { return };
        if let [Some(root), Some(part), Some(name), ..] = path.as_slice()
            && root == "input"
            && part == "parameters"
            && !known.contains_key(name)
        {
            let what = format!("`rule.parameters` has no `{name}`");
            let remedy = format!("add `\"{name}\": 0` or a list of words to `rule.parameters`");
            let line = Some(expression.span().line);
            complaints.push(Complaint::error(file, line, what, remedy));
        }
    });
    complaints.dedup();
    complaints
}

/// Complaints about rules that call each other too deep, over all modules.
pub(crate) fn depth(files: &BTreeMap<String, String>) -> Vec<Complaint> {
    // Name of a definition to the names it refers to.
    let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut homes: BTreeMap<String, (String, u32)> = BTreeMap::new();
    for (file, text) in files {
        if !is_module(file) || is_test(file) {
            continue;
        }
        let Ok(parsed) = program::parse(file, text) else { continue };
        for rule in &parsed.module.policy {
            let Some(name) = head(rule) else { continue };
            let name = format!("{}.{name}", parsed.package);
            homes.entry(name.clone()).or_insert_with(|| (file.clone(), rule.span().line));
            let called = calls.entry(name).or_default();
            rule_expressions(rule, &mut |expression| {
                let named = match expression {
                    Expr::Call { fcn, .. } => path_of(fcn),
                    other => path_of(other),
                };
                let Some(path) = named else { return };
                let mut parts = path.into_iter().map_while(|part| part);
                match parts.next() {
                    Some(root) if root == "data" => {
                        let whole: Vec<String> = parts.take(5).collect();
                        called.insert(format!("data.{}", whole.join(".")));
                    }
                    Some(root) => {
                        called.insert(format!("{}.{root}", parsed.package));
                    }
                    None => {}
                }
            });
        }
    }
    let mut complaints = Vec::new();
    let mut depths = BTreeMap::new();
    for name in calls.keys() {
        if measure(name, &calls, &mut depths, 0) > MAX_DEPTH
            && let Some((file, line)) = homes.get(name)
        {
            let what = format!(
                "its definitions call each other more than {MAX_DEPTH} deep, or in a circle"
            );
            complaints.push(Complaint::error(file, Some(*line), what, "write it flatter"));
            break;
        }
    }
    complaints
}

fn measure(
    name: &str,
    calls: &BTreeMap<String, BTreeSet<String>>,
    depths: &mut BTreeMap<String, usize>,
    above: usize,
) -> usize {
    if above > MAX_DEPTH {
        return 1;
    }
    if let Some(depth) = depths.get(name) {
        return *depth;
    }
    let deepest =
        calls.get(name).into_iter().flatten().filter(|called| calls.contains_key(*called));
    let depth =
        1 + deepest.map(|called| measure(called, calls, depths, above + 1)).max().unwrap_or(0);
    // Cut off by the bound it would be too small for others that come here by a shorter way.
    if above + depth <= MAX_DEPTH {
        depths.insert(name.to_owned(), depth);
    }
    depth
}

/// The names of the tests of a module, and where each stands.
pub(crate) fn tests(parsed: &Parsed) -> Vec<(String, u32)> {
    let mut tests: BTreeMap<String, u32> = BTreeMap::new();
    for rule in &parsed.module.policy {
        if let Some(name) = head(rule).filter(|name| name.starts_with("test_")) {
            tests.entry(name).or_insert(rule.span().line);
        }
    }
    tests.into_iter().collect()
}

/// What `input` does not have.
fn unknown(path: &Path) -> Option<(String, String)> {
    let mut parts = path.iter().skip(1);
    let Some(first) = parts.next()? else {
        let what = "what it reads of `input` is computed".to_owned();
        return Some((what, "name the facts".to_owned()));
    };
    match first.as_str() {
        "parameters" => return None,
        "facts" => {}
        other => {
            let what = format!("`input` has no `{other}`");
            return Some((what, "it has `facts` and `parameters`".to_owned()));
        }
    }
    let mut at = schema::known();
    let mut so_far = "input.facts".to_owned();
    for part in parts {
        match (at, part) {
            (Known::List(inner), _) => at = inner,
            (Known::Object(_), None) => return None,
            (Known::Object(members), Some(name)) => {
                let Some(inner) = members.get(name.as_str()) else {
                    let known: Vec<String> = members.keys().map(|key| format!("`{key}`")).collect();
                    let what = format!("`{so_far}` has no `{name}`");
                    return Some((what, format!("it has {}", known.join(", "))));
                };
                so_far = format!("{so_far}.{name}");
                at = inner;
            }
            (Known::Value, _) => {
                return Some((
                    format!("`{so_far}` is a value without parts"),
                    "docs/policy.md lists the facts".to_owned(),
                ));
            }
        }
    }
    None
}

fn may_refer(path: &Path) -> bool {
    let parts: Vec<&str> = path.iter().map_while(|part| part.as_deref()).collect();
    matches!(
        parts.as_slice(),
        ["data", "weighbridge", "words", ..] | ["data", "weighbridge", "own", "lib", _, ..]
    )
}

/// The name of what a rule defines.
fn head(rule: &Rule) -> Option<String> {
    let refr = match rule {
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. }
            | RuleHead::Set { refr, .. }
            | RuleHead::Func { refr, .. } => refr,
        },
        Rule::Default { refr, .. } => refr,
    };
    path_of(refr)?.into_iter().next().flatten()
}

/// The parts of a reference; `None` when the expression is none.
pub(crate) fn path_of(expression: &Expr) -> Option<Path> {
    match expression {
        Expr::Var { span, .. } => Some(vec![Some(span.text().to_owned())]),
        Expr::RefDot { refr, field, .. } => {
            let mut path = path_of(refr)?;
            path.push(Some(field.0.text().to_owned()));
            Some(path)
        }
        Expr::RefBrack { refr, index, .. } => {
            let mut path = path_of(refr)?;
            path.push(match index.as_ref() {
                Expr::String { value, .. } | Expr::RawString { value, .. } => match value {
                    Value::String(text) => Some(text.to_string()),
                    _ => None,
                },
                _ => None,
            });
            Some(path)
        }
        _ => None,
    }
}

fn each_expression(parsed: &Parsed, look: &mut impl FnMut(&Expr)) {
    for rule in &parsed.module.policy {
        rule_expressions(rule, look);
    }
}

fn rule_expressions(rule: &Rule, look: &mut impl FnMut(&Expr)) {
    match rule {
        Rule::Spec { head, bodies, .. } => {
            match head {
                RuleHead::Compr { assign, .. } => assigned(assign.as_ref(), look),
                RuleHead::Set { key, .. } => {
                    if let Some(key) = key {
                        walk(key, look);
                    }
                }
                RuleHead::Func { assign, args, .. } => {
                    for argument in args {
                        walk(argument, look);
                    }
                    assigned(assign.as_ref(), look);
                }
            }
            for RuleBody { assign, query, .. } in bodies {
                assigned(assign.as_ref(), look);
                walk_query(query, look);
            }
        }
        Rule::Default { value, .. } => walk(value, look),
    }
}

fn assigned(assign: Option<&RuleAssign>, look: &mut impl FnMut(&Expr)) {
    if let Some(RuleAssign { value, op: AssignOp::Eq | AssignOp::ColEq, .. }) = assign {
        walk(value, look);
    }
}

fn walk_query(query: &Query, look: &mut impl FnMut(&Expr)) {
    for LiteralStmt { literal, with_mods, .. } in &query.stmts {
        match literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                if let Some(key) = key {
                    walk(key, look);
                }
                walk(value, look);
                walk(collection, look);
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => walk(expr, look),
            Literal::Every { domain, query, .. } => {
                walk(domain, look);
                walk_query(query, look);
            }
        }
        for with in with_mods {
            walk(&with.r#as, look);
        }
    }
}

/// Shows every expression; of a reference, the whole and what its brackets compute.
fn walk(expression: &Ref<Expr>, look: &mut impl FnMut(&Expr)) {
    look(expression);
    match expression.as_ref() {
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            for item in items {
                walk(item, look);
            }
        }
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                walk(key, look);
                walk(value, look);
            }
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            walk(term, look);
            walk_query(query, look);
        }
        Expr::ObjectCompr { key, value, query, .. } => {
            walk(key, look);
            walk(value, look);
            walk_query(query, look);
        }
        Expr::Call { params, .. } => {
            for parameter in params {
                walk(parameter, look);
            }
        }
        Expr::UnaryExpr { expr, .. } => walk(expr, look),
        Expr::RefDot { refr, .. } => inside(refr, look),
        Expr::RefBrack { refr, index, .. } => {
            inside(refr, look);
            walk(index, look);
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            walk(lhs, look);
            walk(rhs, look);
        }
        Expr::Membership { key, value, collection, .. } => {
            if let Some(key) = key {
                walk(key, look);
            }
            walk(value, look);
            walk(collection, look);
        }
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
    }
}

/// The part of a reference before its last step: a longer reference was looked at already.
fn inside(refr: &Ref<Expr>, look: &mut impl FnMut(&Expr)) {
    match refr.as_ref() {
        Expr::RefDot { refr, .. } => inside(refr, look),
        Expr::RefBrack { refr, index, .. } => {
            inside(refr, look);
            walk(index, look);
        }
        Expr::Var { .. } => {}
        _ => walk(refr, look),
    }
}
