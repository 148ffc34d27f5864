//! The messages of TensorFlow's graphs (2.20), by the numbers of their fields: `saved_model.proto`,
//! `meta_graph.proto`, `graph.proto`, `function.proto`, `node_def.proto`, `attr_value.proto`,
//! `tensor.proto`, `saved_object_graph.proto`, and `saved_metadata.proto` of Keras.

use crate::formats::protobuf::Shape;

/// `saved_model.pb`.
pub(super) static SAVED_MODEL: Shape =
    Shape { name: "SavedModel", messages: &[(2, &META_GRAPH)], told: &[], inert: &[1] };

/// A `.meta` file, and each graph of a saved model.
pub(super) static META_GRAPH: Shape = Shape {
    name: "MetaGraphDef",
    messages: &[(2, &GRAPH), (6, &ASSET), (7, &OBJECT_GRAPH)],
    told: &[],
    // Versions and tags, names of the saver's nodes, collections, signatures.
    inert: &[1, 3, 4, 5],
};

/// What the model consists of when it is loaded as objects.
static OBJECT_GRAPH: Shape =
    Shape { name: "SavedObjectGraph", messages: &[(1, &OBJECT)], told: &[], inert: &[2] };

static OBJECT: Shape = Shape {
    name: "SavedObject",
    messages: &[(4, &USER_OBJECT)],
    told: &[],
    // References, variables, functions by their names, names under which a loader registered classes.
    inert: &[1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
};

static USER_OBJECT: Shape =
    Shape { name: "SavedUserObject", messages: &[], told: &[3], inert: &[1, 2] };

/// `keras_metadata.pb`: what older versions kept in the objects of the graph.
pub(super) static KERAS_METADATA: Shape =
    Shape { name: "SavedMetadata", messages: &[(1, &KERAS_OBJECT)], told: &[], inert: &[] };

static KERAS_OBJECT: Shape =
    Shape { name: "SavedKerasObject", messages: &[], told: &[5], inert: &[2, 3, 4, 6] };

/// A file that belongs to the model, and the tensor that its name is put into.
static ASSET: Shape =
    Shape { name: "AssetFileDef", messages: &[(1, &TENSOR_INFO)], told: &[2], inert: &[] };

static TENSOR_INFO: Shape =
    Shape { name: "TensorInfo", messages: &[], told: &[1], inert: &[2, 3, 4, 5] };

/// A graph by itself.
pub(super) static GRAPH: Shape = Shape {
    name: "GraphDef",
    messages: &[(1, &NODE), (2, &LIBRARY)],
    told: &[],
    // Versions; where in their source the nodes were made.
    inert: &[3, 4, 5],
};

static LIBRARY: Shape =
    Shape { name: "FunctionDefLibrary", messages: &[(1, &FUNCTION)], told: &[], inert: &[2, 3] };

static FUNCTION: Shape = Shape {
    name: "FunctionDef",
    messages: &[(1, &SIGNATURE), (3, &NODE), (5, &ATTRIBUTE)],
    told: &[],
    inert: &[4, 6, 7, 8],
};

static SIGNATURE: Shape = Shape {
    name: "OpDef",
    messages: &[(2, &ARGUMENT)],
    told: &[1],
    inert: &[3, 4, 5, 6, 8, 16, 17, 18, 19, 20, 21],
};

static ARGUMENT: Shape =
    Shape { name: "ArgDef", messages: &[], told: &[1, 3, 5, 6], inert: &[2, 4, 7, 16, 17] };

static NODE: Shape = Shape {
    name: "NodeDef",
    messages: &[(5, &ATTRIBUTE)],
    told: &[1, 2, 3],
    // A device, names for debugging, a type.
    inert: &[4, 6, 7],
};

/// An entry of a map of attributes.
static ATTRIBUTE: Shape =
    Shape { name: "Attribute", messages: &[(2, &ATTRIBUTE_VALUE)], told: &[1], inert: &[] };

static ATTRIBUTE_VALUE: Shape = Shape {
    name: "AttrValue",
    messages: &[(1, &LIST), (8, &TENSOR), (10, &CALL)],
    told: &[2, 6],
    inert: &[3, 4, 5, 7, 9],
};

static LIST: Shape = Shape {
    name: "ListValue",
    messages: &[(8, &TENSOR), (9, &CALL)],
    told: &[2, 6],
    inert: &[3, 4, 5, 7],
};

/// The name of a function, with attributes.
static CALL: Shape =
    Shape { name: "NameAttrList", messages: &[(2, &ATTRIBUTE)], told: &[1], inert: &[] };

static TENSOR: Shape = Shape {
    name: "TensorProto",
    messages: &[(15, &VARIANT)],
    told: &[1, 4, 8],
    inert: &[2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 16, 17, 18],
};

static VARIANT: Shape =
    Shape { name: "VariantTensorDataProto", messages: &[(3, &TENSOR)], told: &[], inert: &[1, 2] };

/// `fingerprint.pb`: sums of the other parts of a saved model.
pub(super) static FINGERPRINT: Shape = Shape::inert("FingerprintDef", &[1, 2, 3, 4, 5, 6, 7]);
