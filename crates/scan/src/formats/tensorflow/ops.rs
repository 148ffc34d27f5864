//! What TensorFlow's operations can do to the machine that runs them.

use std::collections::HashSet;
use std::sync::LazyLock;

use weighbridge_domain::Hasher;

/// Reach files, code, other machines or the process itself, whatever they are given.
const ACT: &[&str] = &[
    "Abort",
    "CalibrationStatisticsSaver",
    "CreateSummaryDbWriter",
    "CreateSummaryFileWriter",
    "DataServiceDataset",
    "DataServiceDatasetV2",
    "DataServiceDatasetV3",
    "DataServiceDatasetV4",
    "DatasetFromGraph",
    "DatasetToTFRecord",
    "DistributedSave",
    "DumpTensor",
    "EagerPyFunc",
    "ExperimentalDatasetToTFRecord",
    "FileSystemSetConfiguration",
    "ImmutableConst",
    "InitializeTRTResource",
    "LoadAndRemapMatrix",
    "MatchingFiles",
    "ExperimentalMatchingFilesDataset",
    "MatchingFilesDataset",
    "PyFunc",
    "PyFuncStateless",
    "ReadFile",
    "RegisterDataset",
    "RegisterDatasetV2",
    "RpcCall",
    "RpcClient",
    "RpcServer",
    "RpcServerRegister",
    "RpcServerStart",
    "SaveDataset",
    "SaveDatasetV2",
    "SerializeTRTResource",
    "SnapshotDataset",
    "SnapshotDatasetV2",
    "WholeFileReader",
    "WholeFileReaderV2",
    "WriteFile",
];

/// Read files that somebody names: input pipelines and tables do so every day.
const READ: &[&str] = &[
    "CSVDataset",
    "CSVDatasetV2",
    "ExperimentalCSVDataset",
    "ExperimentalLMDBDataset",
    "ExperimentalSqlDataset",
    "FixedLengthRecordDataset",
    "FixedLengthRecordDatasetV2",
    "FixedLengthRecordReader",
    "FixedLengthRecordReaderV2",
    "GenerateVocabRemapping",
    "LMDBDataset",
    "LMDBReader",
    "ListSnapshotChunksDataset",
    "LoadDataset",
    "RecordInput",
    "SnapshotChunkDataset",
    "SnapshotDatasetReader",
    "SnapshotNestedDatasetReader",
    "SqlDataset",
    "TFRecordDataset",
    "TFRecordDatasetV2",
    "TFRecordReader",
    "TFRecordReaderV2",
    "TextLineDataset",
    "TextLineReader",
    "TextLineReaderV2",
];

/// Hand over to an engine that was compiled elsewhere and lies in the graph.
const HAND_OVER: &[&str] =
    &["RemoteFusedGraphExecute", "TRTEngineOp", "XlaCustomCall", "XlaCustomCallV2"];

/// Hand values to other devices or machines, or wait for theirs.
const EXCHANGE: &[&str] = &[
    "CollectiveAllToAllV2",
    "CollectiveAllToAllV3",
    "CollectiveAssignGroupV2",
    "CollectiveBcastRecv",
    "CollectiveBcastRecvV2",
    "CollectiveBcastSend",
    "CollectiveBcastSendV2",
    "CollectiveGather",
    "CollectiveGatherV2",
    "CollectiveInitializeCommunicator",
    "CollectivePermute",
    "CollectiveReduce",
    "CollectiveReduceScatterV2",
    "CollectiveReduceV2",
    "CollectiveReduceV3",
    "Recv",
    "RemoteCall",
    "Send",
    "XlaRecv",
    "XlaRecvFromHost",
    "XlaSend",
    "XlaSendToHost",
    "_HostRecv",
    "_HostSend",
    "_Recv",
    "_Send",
    "_XlaRecvAtHost",
    "_XlaRecvAtHostV2",
    "_XlaSendFromHost",
    "_XlaSendFromHostV2",
];

/// Hand values to a debugger: to the addresses that an attribute names, or to whoever listens.
const DEBUG: &[&str] = &[
    "DebugIdentity",
    "DebugIdentityV2",
    "DebugIdentityV3",
    "DebugNanCount",
    "DebugNumericSummary",
];

/// Write into a log that something else has opened.
const LOG: &[&str] = &[
    "ImportEvent",
    "SummaryWriter",
    "WriteAudioSummary",
    "WriteGraphSummary",
    "WriteHistogramSummary",
    "WriteImageSummary",
    "WriteRawProtoSummary",
    "WriteScalarSummary",
    "WriteSummary",
];

/// Run a program that the graph holds in a form which nobody reads here, or that comes from elsewhere.
const OPAQUE: &[&str] = &[
    "DeserializeIterator",
    "TPUCompile",
    "TPUExecute",
    "TPUExecuteAndUpdateVariables",
    "XlaHostCompute",
    "XlaLaunch",
    "XlaLaunchV2",
    "_TPUCompileMlir",
    "_XlaCompile",
    "_XlaHostComputeMlir",
    "_XlaRun",
];

/// What reaches beyond the graph without acting by itself, and how.
const REACH: &[(&[&str], &str)] = &[
    (EXCHANGE, "which exchanges values with other devices or machines"),
    (DEBUG, "which hands values to a debugger"),
    (LOG, "which writes into a log"),
    (OPAQUE, "which runs a program that is not examined"),
];

/// Save and restore variables, and which of their inputs are paths.
const SAVE: &[(&str, &[usize])] = &[
    ("DTensorRestoreV2", &[0]),
    ("MergeV2Checkpoints", &[0, 1]),
    ("Restore", &[0]),
    ("RestoreSlice", &[0]),
    ("RestoreV2", &[0]),
    ("Save", &[0]),
    ("SaveSlices", &[0]),
    ("SaveV2", &[0]),
];

/// Fill a table from a file, and which of their inputs is its path.
const FILL: &[(&str, &[usize])] =
    &[("InitializeTableFromTextFile", &[1]), ("InitializeTableFromTextFileV2", &[1])];

/// Keep a dataset in memory, or in a file where their input names one.
const CACHE: &[(&str, &[usize])] = &[("CacheDataset", &[1]), ("CacheDatasetV2", &[1])];

/// Make a text out of texts, and which of their inputs these are: the first, and how many.
const PASS_ON: &[(&str, usize, usize)] = &[
    ("ExpandDims", 0, 1),
    ("Fill", 1, 1),
    ("Gather", 0, 1),
    ("GatherV2", 0, 1),
    ("Identity", 0, 1),
    ("IdentityN", 0, usize::MAX),
    ("Pack", 0, usize::MAX),
    ("PlaceholderWithDefault", 0, 1),
    ("Reshape", 0, 1),
    ("Select", 1, 2),
    ("SelectV2", 1, 2),
    ("ShardedFilename", 0, 1),
    ("Slice", 0, 1),
    ("Squeeze", 0, 1),
    ("StridedSlice", 0, 1),
    ("StringJoin", 0, usize::MAX),
    ("StringStrip", 0, 1),
];

/// Make texts of other values in ways that nobody follows.
const MAKE_TEXTS: &[&str] = &[
    "AsString",
    "ConcatV2",
    "DecodeBase64",
    "DecodeCompressed",
    "DecodeRaw",
    "EncodeBase64",
    "LookupTableFind",
    "LookupTableFindV2",
    "ReduceJoin",
    "RegexReplace",
    "StaticRegexReplace",
    "StringFormat",
    "StringLower",
    "StringUpper",
    "Substr",
    "UnicodeEncode",
    "UnicodeTranscode",
];

/// Call the function that their attribute names with their inputs, one for one.
const CALL: &[&str] = &["PartitionedCall", "StatefulPartitionedCall", "TPUPartitionedCall"];

/// Call the functions that their attributes name with the inputs that follow the first ones, so many.
const BRANCH: &[(&str, usize)] = &[
    ("Case", 1),
    ("If", 1),
    ("StatelessCase", 1),
    ("StatelessIf", 1),
    ("StatelessWhile", 0),
    ("While", 0),
];

/// Keep a value in a variable, and give it back.
pub(super) const ASSIGN: &str = "AssignVariableOp";
pub(super) const RECALL: &str = "ReadVariableOp";

/// Where the caller's own values come in.
const GIVEN: &[&str] = &["Placeholder", "PlaceholderV2", "_Arg"];

/// Attributes that name files or addresses, and what they name when they do not.
const NAMING: &[(&str, &str, &[&str])] = &[
    ("DebugIdentity", "debug_urls", &[]),
    ("DebugIdentityV2", "debug_urls", &[]),
    ("DebugIdentityV3", "debug_urls", &[]),
    ("DebugNanCount", "debug_urls", &[]),
    ("DebugNumericSummary", "debug_urls", &[]),
    ("DebugNumericSummaryV2", "debug_urls", &[]),
    ("DecodeProto", "descriptor_source", &["", "local://"]),
    ("DecodeProtoV2", "descriptor_source", &["", "local://"]),
    ("EncodeProto", "descriptor_source", &["", "local://"]),
    ("PrintV2", "output_stream", PRINTED),
];

/// Where `PrintV2` writes when it writes to no file.
const PRINTED: &[&str] = &["", "log(error)", "log(info)", "log(warning)", "stderr", "stdout"];

/// Every operation of TensorFlow 2.21 that only computes.
static COMPUTING: &str = include_str!("computing.txt");

static COMPUTE: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| COMPUTING.split_whitespace().collect());

/// What an operation does beyond computing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Acts,
    Reads,
    HandsOver,
    /// Reaches beyond the graph, in this way.
    Reaches(&'static str),
    /// Saves or restores at the paths that these inputs are.
    Saves(&'static [usize]),
    /// Fills a table from the file that this input is.
    Fills(&'static [usize]),
    /// Keeps data in the file that this input is, when it is none of memory.
    Caches(&'static [usize]),
    Computes,
    /// Nobody knows.
    Unlisted,
}

/// What an operation does.
pub(super) fn effect(op: &str) -> Effect {
    let inputs = |table: &'static [(&str, &'static [usize])]| {
        table.iter().find(|(name, _)| *name == op).map(|(_, inputs)| *inputs)
    };
    if ACT.contains(&op) {
        Effect::Acts
    } else if READ.contains(&op) {
        Effect::Reads
    } else if HAND_OVER.contains(&op) {
        Effect::HandsOver
    } else if let Some((_, how)) = REACH.iter().find(|(table, _)| table.contains(&op)) {
        Effect::Reaches(how)
    } else if let Some(inputs) = inputs(SAVE) {
        Effect::Saves(inputs)
    } else if let Some(inputs) = inputs(FILL) {
        Effect::Fills(inputs)
    } else if let Some(inputs) = inputs(CACHE) {
        Effect::Caches(inputs)
    } else if COMPUTE.contains(op) {
        Effect::Computes
    } else {
        Effect::Unlisted
    }
}

/// The attribute by which an operation names files or addresses, and values that name none.
pub(super) fn naming(op: &str) -> Option<(&'static str, &'static [&'static str])> {
    let (_, attribute, harmless) = NAMING.iter().find(|(name, ..)| *name == op)?;
    Some((attribute, harmless))
}

/// Whether an attribute of this name may name files or addresses.
pub(super) fn is_naming(key: &str) -> bool {
    NAMING.iter().any(|(_, attribute, _)| *attribute == key)
}

/// Which inputs of an operation its text is made of: the first, and how many.
pub(super) fn passes_on(op: &str) -> Option<(usize, usize)> {
    PASS_ON.iter().find(|(name, ..)| *name == op).map(|(_, first, count)| (*first, *count))
}

/// Whether an operation makes texts in a way that nobody follows.
pub(super) fn makes_texts(op: &str) -> bool {
    MAKE_TEXTS.contains(&op)
}

/// Which of an operation's inputs is the first argument of the functions that it calls.
pub(super) fn first_argument(op: &str) -> Option<usize> {
    let branch = || BRANCH.iter().find(|(name, _)| *name == op).map(|(_, first)| *first);
    if CALL.contains(&op) { Some(0) } else { branch() }
}

/// Whether the operation's value is the caller's.
pub(super) fn is_given(op: &str) -> bool {
    GIVEN.contains(&op)
}

/// Feeds the tables into the rule set's digest.
pub(super) fn tables(hasher: &mut Hasher) {
    hasher.update(
        format!("{ACT:?}{READ:?}{HAND_OVER:?}{SAVE:?}{FILL:?}{CACHE:?}{REACH:?}").as_bytes(),
    );
    hasher.update(
        format!("{PASS_ON:?}{MAKE_TEXTS:?}{CALL:?}{BRANCH:?}{ASSIGN}{RECALL}{GIVEN:?}{NAMING:?}")
            .as_bytes(),
    );
    hasher.update(COMPUTING.as_bytes());
}
