//! The schema of the audit stream is made from the events themselves, so that none can be forgotten.
//! `WEIGHBRIDGE_TEST_BLESS=1` writes it anew.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};
use syn::{Attribute, Expr, Fields, File, GenericArgument, Item, Lit, Meta, PathArguments, Type};

const EVENTS: &str = include_str!("../src/event.rs");
const PARTS: &str = include_str!("../src/event/parts.rs");
const KINDS: &str = include_str!("../src/event/kind.rs");

fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else { return None };
        let Expr::Lit(text) = &meta.value else { return None };
        match &text.lit {
            Lit::Str(text) if meta.path.is_ident("doc") => Some(text.value().trim().to_owned()),
            _ => None,
        }
    });
    lines.collect::<Vec<_>>().join(" ")
}

fn is_left_out_at_times(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("serde")
            && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string().contains("skip_serializing_if"))
    })
}

fn inner(arguments: &PathArguments) -> &Type {
    let PathArguments::AngleBracketed(arguments) = arguments else { panic!("an argument") };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => inner,
        _ => panic!("a type as argument"),
    }
}

fn schema_of(kind: &Type, known: &[String]) -> Value {
    match kind {
        Type::Reference(reference) => schema_of(&reference.elem, known),
        Type::Path(path) => {
            let last = path.path.segments.last().unwrap();
            match last.ident.to_string().as_str() {
                "String" | "str" => json!({"type": "string"}),
                "bool" => json!({"type": "boolean"}),
                "u8" | "u16" | "u32" | "u64" | "usize" => json!({"type": "integer", "minimum": 0}),
                "i64" => json!({"type": "integer"}),
                "Vec" => {
                    json!({"type": "array", "items": schema_of(inner(&last.arguments), known)})
                }
                "Option" => {
                    json!({"anyOf": [schema_of(inner(&last.arguments), known), {"type": "null"}]})
                }
                name if known.iter().any(|known| known == name) => {
                    json!({"$ref": format!("#/$defs/{name}")})
                }
                // What comes from elsewhere is described elsewhere.
                _ => json!({}),
            }
        }
        _ => json!({}),
    }
}

fn object(about: &str, fields: &Fields, known: &[String], with_salt: bool) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    if with_salt {
        let about = "random; without it a body that was erased could be guessed from its digest";
        properties.insert("salt".to_owned(), json!({"type": "string", "description": about}));
        required.push("salt".to_owned());
    }
    for field in fields {
        let name = field.ident.as_ref().unwrap().to_string();
        if !is_left_out_at_times(&field.attrs) {
            required.push(name.clone());
        }
        properties.insert(name, schema_of(&field.ty, known));
    }
    json!({
        "description": about,
        "type": if with_salt { json!(["object", "null"]) } else { json!("object") },
        "properties": properties,
        "required": required,
    })
}

/// The kind that each variant is called in the ledger.
fn kinds() -> BTreeMap<String, String> {
    let arms = KINDS.split("Event::").skip(1).filter_map(|arm| {
        let (variant, rest) = arm.split_once(" { .. } => ")?;
        let kind = rest.trim_start().trim_start_matches('{').trim().strip_prefix('"')?;
        Some((variant.to_owned(), kind.split_once('"')?.0.to_owned()))
    });
    arms.collect()
}

fn schema() -> Value {
    let file: File = syn::parse_file(EVENTS).unwrap();
    let parts_file: File = syn::parse_file(PARTS).unwrap();
    let structs = parts_file.items.iter().filter_map(|item| match item {
        Item::Struct(found) => Some(found),
        _ => None,
    });
    let structs: Vec<_> = structs.collect();
    let known: Vec<String> = structs.iter().map(|found| found.ident.to_string()).collect();
    let mut parts = Map::new();
    for found in structs {
        let part = object(&doc(&found.attrs), &found.fields, &known, false);
        parts.insert(found.ident.to_string(), part);
    }
    let events = file.items.iter().find_map(|item| match item {
        Item::Enum(found) if found.ident == "Event" => Some(found),
        _ => None,
    });
    let kinds = kinds();
    let mut choices = Vec::new();
    for variant in &events.unwrap().variants {
        let kind = kinds.get(&variant.ident.to_string());
        let kind = kind.unwrap_or_else(|| panic!("no kind for {}", variant.ident));
        parts.insert(kind.clone(), object(&doc(&variant.attrs), &variant.fields, &known, true));
        choices.push(json!({
            "if": {"properties": {"kind": {"const": kind}}},
            "then": {"properties": {"body": {"$ref": format!("#/$defs/{kind}")}}},
        }));
    }
    let digest =
        |about: &str| json!({"type": "string", "pattern": "^[0-9a-f]{64}$", "description": about});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:weighbridge:schema:ledger-entry:1",
        "title": "One line of the audit stream: an entry of the ledger",
        "description": "Kinds and fields are added; those that are there keep their meaning. Ignore what you do not know.",
        "type": "object",
        "required": ["position", "at", "kind", "body_sha256", "leaf", "body"],
        "properties": {
            "position": {"type": "integer", "minimum": 0, "description": "its place in the ledger"},
            "at": {"type": "string", "format": "date-time"},
            "kind": {"type": "string", "description": "what kind of event"},
            "body_sha256": digest("SHA-256 of the body as it stands in the line; it stays when the body is erased"),
            "leaf": digest("the hash of its leaf: SHA-256 of a zero byte and {\"at\":…,\"kind\":…,\"body_sha256\":…}"),
            "body": {"type": ["object", "null"], "description": "the event; null once it was erased"},
        },
        "allOf": choices,
        "$defs": parts,
    })
}

#[test]
fn the_schema_in_the_documentation_describes_every_event() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit-stream.schema.json");
    let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("WEIGHBRIDGE_TEST_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let documented = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(documented == made, "docs/audit-stream.schema.json: bless it or mend it");
    assert!(kinds().len() > 25, "the kinds are found");
}
