//! Graphs in the text format of Protocol Buffers.

/// A node that runs an operation.
pub fn node(name: &str, op: &str, inputs: &[&str]) -> String {
    let inputs: Vec<String> =
        inputs.iter().map(|input| format!("  input: \"{input}\"\n")).collect();
    let inputs = inputs.concat();
    let dtype = "  attr {\n    key: \"T\"\n    value {\n      type: DT_FLOAT\n    }\n  }\n";
    format!("node {{\n  name: \"{name}\"\n  op: \"{op}\"\n{inputs}{dtype}}}\n")
}

/// A constant text, as it is written.
pub fn text(name: &str, content: &str) -> String {
    let shape = "tensor_shape {\n}";
    let tensor = format!("tensor {{ dtype: DT_STRING {shape} string_val: \"{content}\" }}");
    let value = format!("attr {{ key: \"value\" value {{ {tensor} }} }}");
    format!("node {{ name: \"{name}\" op: \"Const\" {value} }}\n")
}

/// A graph of these nodes.
pub fn graph(nodes: &[String]) -> String {
    format!("{}versions {{\n  producer: 1882\n}}\n", nodes.concat())
}

/// A saved model of one graph.
pub fn saved_model(graph: &str) -> String {
    let info = "meta_info_def { tags: \"serve\" function_aliases { key: \"a\" value: \"b\" } }";
    format!("saved_model_schema_version: 1\nmeta_graphs {{\n{info}\ngraph_def {{\n{graph}}}\n}}\n")
}

/// A model of ONNX's with one operator, and one tensor at this path.
pub fn onnx(domain: &str, operator: &str, location: &str) -> String {
    let node = format!("node {{ op_type: \"{operator}\" domain: \"{domain}\" }}");
    let entry = format!("external_data {{ key: \"location\" value: \"{location}\" }}");
    let tensor = format!("initializer {{ name: \"w\" {entry} data_location: EXTERNAL }}");
    format!(
        "ir_version: 8\ngraph {{\n {node}\n name: \"g\"\n {tensor}\n}}\nopset_import {{ version: 17 }}\n"
    )
}
