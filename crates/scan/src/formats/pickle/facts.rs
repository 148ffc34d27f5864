//! What a pickle does, and the rule that says how bad that is.

use weighbridge_domain::Severity;

use crate::rules::{self, Rule};

/// One thing that a pickle does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) deed: Deed,
    /// Where the opcode is.
    pub(super) offset: u64,
    /// The name it is about, or the words for it.
    pub(super) subject: String,
    /// The expression it amounts to: `os.system('id')`.
    pub(super) evidence: String,
}

/// The kinds of things that pickles do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Calls a name that can act.
    CallsSink,
    /// Imports a name that can act.
    ImportsSink,
    /// Takes a name that leads somewhere else.
    Escapes(&'static str),
    /// Calls what another call returned.
    CallsResult,
    /// Imports a name that is not in the stream.
    ImportsComputed,
    /// Writes into an imported object; the text names the opcode.
    Mutates(&'static str),
    /// Is read differently by different readers.
    ReadersDisagree,
    /// Calls an unknown name in a suspicious way; the text says which.
    CallsUnknownOddly(&'static str),
    /// Calls an unknown name.
    CallsUnknown,
    /// Makes an object of an unknown class.
    MakesUnknown,
    /// Imports an unknown name.
    ImportsUnknown,
    /// Uses a vetted name in a way that is not.
    UsesOddly,
    /// Refers to something outside.
    RefersOutside,
    /// Makes a class of `TorchScript`.
    TorchScript,
    /// A tensor reaches outside of its storage.
    TensorOutside,
    /// Gives an object a state that is run.
    RunsState,
    /// What it makes is far larger or deeper than the stream.
    Grows,
}

impl Deed {
    /// The rule that speaks about it.
    pub(super) fn rule(self) -> &'static Rule {
        match self {
            Deed::CallsSink => &rules::PICKLE_CALL,
            Deed::ImportsSink => &rules::PICKLE_IMPORT,
            Deed::Escapes(_) | Deed::CallsResult => &rules::PICKLE_ESCAPE,
            Deed::ImportsComputed => &rules::PICKLE_DYNAMIC,
            Deed::Mutates(_) => &rules::PICKLE_MUTATE,
            Deed::ReadersDisagree => &rules::PICKLE_FRAME,
            Deed::CallsUnknownOddly(_) => &rules::PICKLE_SUSPECT_CALL,
            Deed::CallsUnknown => &rules::PICKLE_UNLISTED_CALL,
            Deed::MakesUnknown => &rules::PICKLE_UNLISTED_CLASS,
            Deed::ImportsUnknown => &rules::PICKLE_UNLISTED_IMPORT,
            Deed::UsesOddly => &rules::PICKLE_ODD_USE,
            Deed::RefersOutside => &rules::PICKLE_PERSISTENT_ID,
            Deed::TorchScript => &rules::TORCHSCRIPT,
            Deed::TensorOutside => &rules::TORCH_STORAGE,
            Deed::RunsState => &rules::PICKLE_STATE,
            Deed::Grows => &rules::PICKLE_BOMB,
        }
    }

    pub(super) fn is_dangerous(self) -> bool {
        self.rule().severity == Severity::Dangerous
    }
}

impl Fact {
    /// One sentence about it.
    pub(super) fn message(&self) -> String {
        let subject = &self.subject;
        match self.deed {
            Deed::CallsSink | Deed::CallsResult => format!("pickle calls {subject}"),
            Deed::Escapes(way) => format!("pickle uses {subject}, which {way}"),
            Deed::ImportsSink | Deed::ImportsComputed => format!("pickle imports {subject}"),
            Deed::Mutates(opcode) => format!("pickle changes {subject} with {opcode}"),
            Deed::ReadersDisagree => {
                format!("pickle is read differently by its readers: {subject}")
            }
            Deed::CallsUnknownOddly(how) => {
                format!("pickle calls {subject}, which nobody has vetted, {how}")
            }
            Deed::CallsUnknown => format!("pickle calls {subject}, which nobody has vetted"),
            Deed::MakesUnknown => {
                format!("pickle makes an object of {subject}, which nobody has vetted")
            }
            Deed::ImportsUnknown => format!("pickle imports {subject}, which nobody has vetted"),
            Deed::UsesOddly => format!("pickle uses a vetted name in an unusual way: {subject}"),
            Deed::RefersOutside => {
                format!("pickle refers to something outside itself by {subject}")
            }
            Deed::TorchScript => format!("pickle makes {subject} of the archive's own code"),
            Deed::TensorOutside => format!("pickle makes a tensor that does not fit: {subject}"),
            Deed::RunsState => format!("pickle restores an object that runs {subject}"),
            Deed::Grows => format!("pickle makes {subject}"),
        }
    }
}

/// Bytes that the stream hands to a loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nested {
    pub(super) offset: u64,
    pub(super) size: u64,
}
