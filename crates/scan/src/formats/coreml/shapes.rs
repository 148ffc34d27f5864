//! The messages of Core ML's specification 9, by the numbers of their fields.

use crate::formats::protobuf::Shape;

/// A model.
pub(super) static MODEL: Shape = Shape {
    name: "Model",
    messages: &[
        (200, &PIPELINE_OF_KIND),
        (201, &PIPELINE_OF_KIND),
        (202, &PIPELINE),
        (303, &NETWORK),
        (403, &NETWORK),
        (500, &NETWORK),
        (502, &PROGRAM),
        (555, &CUSTOM_MODEL),
        (556, &LINKED_MODEL),
        (3000, &SERIALIZED_MODEL),
    ],
    told: &[],
    // A version, the description; models of numbers alone.
    inert: &[
        1, 2, 10, 300, 301, 302, 304, 400, 401, 402, 404, 501, 560, 600, 601, 602, 603, 604, 606,
        607, 609, 610, 900, 2000, 2001, 2002, 2003, 2004, 2005, 2006,
    ],
};

static PIPELINE_OF_KIND: Shape =
    Shape { name: "PipelineClassifier", messages: &[(1, &PIPELINE)], told: &[], inert: &[] };

static PIPELINE: Shape =
    Shape { name: "Pipeline", messages: &[(1, &MODEL)], told: &[], inert: &[2] };

static NETWORK: Shape = Shape {
    name: "NeuralNetwork",
    messages: &[(1, &LAYER)],
    told: &[],
    // Preprocessing, shapes, how it is trained further, labels.
    inert: &[2, 5, 6, 10, 100, 101, 200],
};

static LAYER: Shape = Shape {
    name: "NeuralNetworkLayer",
    messages: &[(500, &CUSTOM_LAYER), (605, &BRANCH), (615, &LOOP)],
    told: &[],
    inert: &[
        1, 2, 3, 4, 5, 10, 100, 120, 130, 140, 150, 160, 165, 170, 175, 180, 190, 200, 210, 211,
        212, 220, 230, 231, 240, 245, 250, 260, 261, 270, 280, 290, 300, 301, 310, 320, 330, 340,
        345, 350, 400, 410, 420, 430, 600, 620, 625, 635, 640, 660, 665, 670, 680, 685, 700, 710,
        715, 720, 730, 735, 740, 750, 755, 760, 770, 775, 780, 790, 795, 815, 820, 825, 827, 830,
        832, 840, 845, 850, 855, 865, 870, 875, 880, 885, 890, 895, 900, 905, 920, 925, 930, 935,
        940, 945, 950, 952, 954, 960, 965, 975, 980, 985, 995, 1000, 1005, 1015, 1020, 1025, 1040,
        1045, 1065, 1070, 1080, 1085, 1090, 1100, 1105, 1110, 1120, 1125, 1130, 1135, 1140, 1145,
        1150, 1155, 1170, 1175, 1180, 1190, 1195, 1200, 1210, 1215, 1220, 1230, 1250, 1255, 1260,
        1265, 1270, 1275, 1280, 1285, 1290, 1295, 1313, 1315, 1320, 1325, 1330, 1350, 1400, 1450,
        1455, 1460, 1461, 1465, 1466, 1470, 1471,
    ],
};

static CUSTOM_LAYER: Shape =
    Shape { name: "CustomLayerParams", messages: &[], told: &[10], inert: &[20, 30, 40] };

static BRANCH: Shape = Shape {
    name: "BranchLayerParams",
    messages: &[(1, &NETWORK), (2, &NETWORK)],
    told: &[],
    inert: &[],
};

static LOOP: Shape = Shape {
    name: "LoopLayerParams",
    messages: &[(3, &NETWORK), (4, &NETWORK)],
    told: &[],
    inert: &[1, 2],
};

static CUSTOM_MODEL: Shape =
    Shape { name: "CustomModel", messages: &[], told: &[10], inert: &[30, 40] };

static LINKED_MODEL: Shape =
    Shape { name: "LinkedModel", messages: &[(1, &LINKED_FILE)], told: &[], inert: &[] };

static LINKED_FILE: Shape =
    Shape { name: "LinkedModelFile", messages: &[], told: &[1], inert: &[2] };

static SERIALIZED_MODEL: Shape = Shape::inert("SerializedModel", &[1, 2]);

static PROGRAM: Shape = Shape {
    name: "Program",
    messages: &[(2, &FUNCTION_ENTRY), (4, &VALUE_ENTRY)],
    told: &[],
    inert: &[1, 3],
};

static FUNCTION_ENTRY: Shape =
    Shape { name: "FunctionsEntry", messages: &[(2, &FUNCTION)], told: &[], inert: &[1] };

static FUNCTION: Shape = Shape {
    name: "Function",
    messages: &[(3, &BLOCK_ENTRY), (4, &VALUE_ENTRY)],
    told: &[],
    inert: &[1, 2],
};

static BLOCK_ENTRY: Shape =
    Shape { name: "BlocksEntry", messages: &[(2, &BLOCK)], told: &[], inert: &[1] };

static BLOCK: Shape = Shape {
    name: "Block",
    messages: &[(3, &OPERATION), (4, &VALUE_ENTRY)],
    told: &[],
    inert: &[1, 2],
};

static OPERATION: Shape = Shape {
    name: "Operation",
    messages: &[(2, &ARGUMENT_ENTRY), (4, &BLOCK), (5, &VALUE_ENTRY)],
    told: &[1],
    inert: &[3],
};

static ARGUMENT_ENTRY: Shape =
    Shape { name: "InputsEntry", messages: &[(2, &ARGUMENT)], told: &[], inert: &[1] };

static ARGUMENT: Shape =
    Shape { name: "Argument", messages: &[(1, &BINDING)], told: &[], inert: &[] };

static BINDING: Shape = Shape { name: "Binding", messages: &[(2, &VALUE)], told: &[], inert: &[1] };

static VALUE_ENTRY: Shape =
    Shape { name: "AttributesEntry", messages: &[(2, &VALUE)], told: &[], inert: &[1] };

static VALUE: Shape =
    Shape { name: "Value", messages: &[(3, &IMMEDIATE), (5, &BLOB)], told: &[], inert: &[1, 2] };

static IMMEDIATE: Shape = Shape {
    name: "ImmediateValue",
    messages: &[(2, &VALUES), (3, &VALUES), (4, &DICTIONARY)],
    told: &[],
    inert: &[1],
};

static VALUES: Shape = Shape { name: "ListValue", messages: &[(1, &VALUE)], told: &[], inert: &[] };

static DICTIONARY: Shape =
    Shape { name: "DictionaryValue", messages: &[(1, &PAIR)], told: &[], inert: &[] };

static PAIR: Shape =
    Shape { name: "KeyValuePair", messages: &[(1, &VALUE), (2, &VALUE)], told: &[], inert: &[] };

static BLOB: Shape = Shape { name: "BlobFileValue", messages: &[], told: &[1], inert: &[2] };
