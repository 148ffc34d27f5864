//! Writes the samples of the scanner's tests as seeds: `cargo run --bin seeds`.

use std::fs;
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    for (index, sample) in weighbridge_scan::samples::all().into_iter().enumerate() {
        let (target, bytes) = match sample.path.rsplit('.').next() {
            Some("pkl" | "pt") => ("pickle", sample.bytes),
            Some("zip" | "npz" | "bin") => ("zip", sample.bytes),
            Some("safetensors") => ("safetensors", sample.bytes),
            Some("gguf") => ("gguf", sample.bytes),
            _ => ("text_json", [&[u8::try_from(index % 12).unwrap_or(0)], &sample.bytes[..]].concat()),
        };
        let folder = Path::new("corpus").join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{index}")), bytes)?;
    }
    let folder = Path::new("corpus").join("repository");
    fs::create_dir_all(&folder)?;
    fs::write(
        folder.join("seed"),
        b"{\"auto_map\": {\"AutoModel\": \"a--m.C\"}, \"trust_remote_code\": true}\0\
          [{\"type\": \"m.T\"}]\0{\"_class_name\": [\"a\", \"b\"]}\0\
          {\"weight_map\": {\"w\": \"x.bin\"}}\0{\"auto_mapping\": {\"parent_library\": \"x\"}}",
    )
}
