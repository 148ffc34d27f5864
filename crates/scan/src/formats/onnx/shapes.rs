//! The messages of `onnx-ml.proto` (ONNX 1.23), by the numbers of their fields.

use crate::formats::protobuf::Shape;

/// A model.
pub(super) static MODEL: Shape = Shape {
    name: "ModelProto",
    messages: &[(7, &GRAPH), (8, &OPERATOR_SET), (14, &NOTE), (20, &TRAINING), (25, &FUNCTION)],
    told: &[],
    // Versions, names, texts, and the devices that the model may run on.
    inert: &[1, 2, 3, 4, 5, 6, 26],
};

static GRAPH: Shape = Shape {
    name: "GraphProto",
    messages: &[(1, &NODE), (5, &TENSOR), (15, &SPARSE_TENSOR)],
    told: &[],
    // Names, texts, types of values, quantisation, notes.
    inert: &[2, 10, 11, 12, 13, 14, 16],
};

static NODE: Shape = Shape {
    name: "NodeProto",
    messages: &[(5, &ATTRIBUTE)],
    told: &[4, 7],
    inert: &[1, 2, 3, 6, 8, 9, 10],
};

static ATTRIBUTE: Shape = Shape {
    name: "AttributeProto",
    messages: &[
        (5, &TENSOR),
        (6, &GRAPH),
        (10, &TENSOR),
        (11, &GRAPH),
        (22, &SPARSE_TENSOR),
        (23, &SPARSE_TENSOR),
    ],
    told: &[4],
    inert: &[1, 2, 3, 7, 8, 9, 13, 14, 15, 20, 21],
};

static TENSOR: Shape = Shape {
    name: "TensorProto",
    messages: &[(13, &EXTERNAL_DATA)],
    told: &[1, 2, 8, 9, 14],
    inert: &[3, 4, 5, 6, 7, 10, 11, 12, 16],
};

static SPARSE_TENSOR: Shape = Shape {
    name: "SparseTensorProto",
    messages: &[(1, &TENSOR), (2, &TENSOR)],
    told: &[],
    inert: &[3],
};

/// An entry of `external_data`; its type in the format is that of every other pair of texts.
static EXTERNAL_DATA: Shape =
    Shape { name: "ExternalData", messages: &[], told: &[1, 2], inert: &[] };

static TRAINING: Shape = Shape {
    name: "TrainingInfoProto",
    messages: &[(1, &GRAPH), (2, &GRAPH), (3, &NOTE), (4, &NOTE)],
    told: &[],
    inert: &[],
};

static FUNCTION: Shape = Shape {
    name: "FunctionProto",
    messages: &[(7, &NODE), (9, &OPERATOR_SET), (11, &ATTRIBUTE)],
    told: &[1, 10],
    inert: &[4, 5, 6, 8, 12, 13, 14],
};

static OPERATOR_SET: Shape = Shape::inert("OperatorSetIdProto", &[1, 2]);

static NOTE: Shape =
    Shape { name: "StringStringEntryProto", messages: &[], told: &[2], inert: &[1] };
