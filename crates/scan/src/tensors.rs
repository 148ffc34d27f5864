//! Where every tensor of a checkpoint lies, read from its pickle without making a single object.
//!
//! The table is what a converter needs: names, types and places, nothing that can act. A checkpoint that holds
//! anything else has no table, and the answer says what else it holds.

use crate::analyse::{Entry, Stop};
use crate::formats::checkpoint;
use crate::limits::{Budget, Limits};
use crate::source::ReadAt;

/// What a tensor's elements are, in the words of safetensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtype {
    /// Its word: `BF16`.
    pub word: &'static str,
    /// Bytes of one element.
    pub bytes: u64,
}

/// Types that both `PyTorch` and safetensors have.
static DTYPES: &[Dtype] = &[
    Dtype { word: "BOOL", bytes: 1 },
    Dtype { word: "U8", bytes: 1 },
    Dtype { word: "I8", bytes: 1 },
    Dtype { word: "F8_E5M2", bytes: 1 },
    Dtype { word: "F8_E4M3", bytes: 1 },
    Dtype { word: "F8_E8M0", bytes: 1 },
    Dtype { word: "F8_E5M2FNUZ", bytes: 1 },
    Dtype { word: "F8_E4M3FNUZ", bytes: 1 },
    Dtype { word: "I16", bytes: 2 },
    Dtype { word: "U16", bytes: 2 },
    Dtype { word: "F16", bytes: 2 },
    Dtype { word: "BF16", bytes: 2 },
    Dtype { word: "I32", bytes: 4 },
    Dtype { word: "U32", bytes: 4 },
    Dtype { word: "F32", bytes: 4 },
    Dtype { word: "I64", bytes: 8 },
    Dtype { word: "U64", bytes: 8 },
    Dtype { word: "F64", bytes: 8 },
    Dtype { word: "C64", bytes: 8 },
];

impl Dtype {
    /// The type with that word.
    pub fn find(word: &str) -> Option<Dtype> {
        DTYPES.iter().copied().find(|known| known.word == word)
    }
}

/// One tensor of a checkpoint: a view of the bytes that it shares with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorPlace {
    /// What it is called.
    pub name: String,
    /// What its elements are.
    pub dtype: Dtype,
    /// Its sides.
    pub shape: Vec<u64>,
    /// Elements from one place to the next, for each side.
    pub strides: Vec<u64>,
    /// Its first element, counted from the start of its storage.
    pub first_element: u64,
    /// Where its storage starts in the file.
    pub storage_start: u64,
    /// How many bytes its storage has.
    pub storage_bytes: u64,
}

impl TensorPlace {
    /// How many elements it has.
    pub fn elements(&self) -> Option<u64> {
        self.shape.iter().try_fold(1_u64, |product, side| product.checked_mul(*side))
    }

    /// Whether all of it lies inside its storage, and that inside a file of this size.
    pub fn fits(&self, file_bytes: u64) -> bool {
        let Some(elements) = self.elements() else { return false };
        let end = self.storage_start.checked_add(self.storage_bytes);
        if self.shape.len() != self.strides.len() || end.is_none_or(|end| end > file_bytes) {
            return false;
        }
        if elements == 0 {
            return true;
        }
        let sides = self.shape.iter().zip(&self.strides);
        let last = sides.fold(u128::from(self.first_element), |last, (side, stride)| {
            last.saturating_add(u128::from(side - 1).saturating_mul(u128::from(*stride)))
        });
        let end = last.saturating_add(1).saturating_mul(u128::from(self.dtype.bytes));
        end <= u128::from(self.storage_bytes)
    }
}

/// Finds the tensors of a checkpoint, or those under one name of it. Answers in words why there is no table.
pub fn tensor_table(
    source: &dyn ReadAt,
    limits: &Limits,
    under: Option<&str>,
) -> Result<Vec<TensorPlace>, String> {
    let size = source.size();
    let entry = Entry { source, size, name: "checkpoint", member: "", depth: 0 };
    let budget = Budget::new(limits);
    let found = checkpoint::tensors(&entry, &budget, under);
    let tensors = found.map_err(|stop| match stop {
        Stop::Unexamined(why) => why,
        Stop::NeedsMore(_) => "the file ends before it should".to_owned(),
    })?;
    match tensors.iter().find(|tensor| !tensor.fits(size)) {
        Some(tensor) => Err(format!("`{}` is larger than its storage", tensor.name)),
        None => Ok(tensors),
    }
}
