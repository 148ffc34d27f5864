//! GGUF files.

/// A file with two fields and one tensor.
pub fn minimal() -> Vec<u8> {
    with_template("{{ messages[0]['content'] }}")
}

/// A file whose chat template is this.
pub fn with_template(template: &str) -> Vec<u8> {
    let mut value = 8_u32.to_le_bytes().to_vec();
    text(&mut value, template);
    with_field("tokenizer.chat_template", &value)
}

/// A file whose chat templates are these, in a list of lists.
pub fn with_templates(templates: &[&str]) -> Vec<u8> {
    let mut value = 9_u32.to_le_bytes().to_vec();
    value.extend(9_u32.to_le_bytes());
    value.extend(1_u64.to_le_bytes());
    value.extend(8_u32.to_le_bytes());
    value.extend((templates.len() as u64).to_le_bytes());
    for template in templates {
        text(&mut value, template);
    }
    with_field("tokenizer.chat_templates", &value)
}

fn with_field(key: &str, value: &[u8]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3_u32.to_le_bytes());
    out.extend(1_u64.to_le_bytes());
    out.extend(3_u64.to_le_bytes());
    text(&mut out, "general.architecture");
    out.extend(8_u32.to_le_bytes());
    text(&mut out, "llama");
    text(&mut out, "tokenizer.ggml.tokens");
    out.extend(9_u32.to_le_bytes());
    out.extend(8_u32.to_le_bytes());
    out.extend(2_u64.to_le_bytes());
    text(&mut out, "<s>");
    text(&mut out, "</s>");
    text(&mut out, key);
    out.extend(value);
    text(&mut out, "token_embd.weight");
    out.extend(2_u32.to_le_bytes());
    out.extend(4_u64.to_le_bytes());
    out.extend(2_u64.to_le_bytes());
    out.extend(0_u32.to_le_bytes());
    out.extend(0_u64.to_le_bytes());
    out.resize(out.len().next_multiple_of(32), 0);
    out.resize(out.len() + 32, 0);
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}
