//! Rules about the formats of models and tables.

use weighbridge_domain::Severity::{Dangerous, Review};

use super::Rule;

catalogue! {
    SAFETENSORS_LAYOUT "WB-SAFETENSORS-LAYOUT" Dangerous
        "the safetensors header does not describe the file"
        "Tensors that overlap, leave holes or reach beyond the end are how data is hidden or a reader is led astray"
        "Do not load it. Ask the publisher to write it again"

    SAFETENSORS_DUPLICATE "WB-SAFETENSORS-DUPLICATE" Dangerous
        "the safetensors header names a tensor twice"
        "Which of the two is loaded depends on the reader"
        "Do not load it. Ask the publisher to write it again"

    GGUF_LAYOUT "WB-GGUF-LAYOUT" Dangerous
        "the GGUF header does not describe the file"
        "Counts and offsets that do not fit the file are how readers written in C are made to overrun memory (CVE-2024-25664, CVE-2026-7482)"
        "Do not load it. Ask the publisher to write it again"

    ONNX_PATH "WB-ONNX-PATH" Dangerous
        "the model reads its weights from outside its folder"
        "A tensor may name another file for its data; this path leads out of the model's folder, so that whoever loads the model reads a file of the machine's (CVE-2022-25882, CVE-2024-27318, CVE-2025-51480)"
        "Do not load it. Ask the publisher to write it again with its data beside it"

    ONNX_CODE "WB-ONNX-CODE" Dangerous
        "the model runs Python"
        "The domain ai.onnx.contrib belongs to an extension library whose operators include ones that call Python functions; no trained model needs them for its weights"
        "Do not load it together with the extension library. Ask the publisher for a model of standard operators"

    ONNX_CUSTOM_OP "WB-ONNX-CUSTOM-OP" Review
        "the model needs operators that are code of somebody's own"
        "Operators of this domain come with no runtime: whoever loads the model has to load a native library for them first, or hands over to another engine"
        "Look at the library, or ask the publisher for a model of standard operators"

    ONNX_EXTERNAL "WB-ONNX-EXTERNAL" Review
        "the model says oddly where its weights lie"
        "Offsets, lengths and keys that no writer makes are how readers are led to the wrong bytes"
        "Compare with the files beside it; ask the publisher to write it again"

    ONNX_LAYOUT "WB-ONNX-LAYOUT" Review
        "a tensor does not fit what the model says of it"
        "Dimensions that promise more than there is, and names that come twice, are how readers are led to the wrong bytes or made to reserve all memory"
        "Ask the publisher to write it again"

    TF_ACT "WB-TF-ACT" Dangerous
        "the graph reaches files, code or the network"
        "A graph is a program: running it, or in a signature that runs at loading, this operation reads or writes files, calls Python or talks to other machines with the rights of whoever loads the model"
        "Do not load it. Ask the publisher which operation it is needed for"

    TF_PATH "WB-TF-PATH" Dangerous
        "the graph saves or restores where nobody told it to"
        "A saved model restores its variables at the path that its loader gives; this path stands in the graph and leads out of the model's folder"
        "Do not load it. Ask the publisher to save it again"

    TF_READ "WB-TF-READ" Review
        "the graph opens files that it names"
        "Input pipelines and tables read files; which ones, the graph decides"
        "Look at the path and at what is done with the content, or load it where there is nothing to read"

    TF_CUSTOM_OP "WB-TF-CUSTOM-OP" Review
        "the graph needs operations that are code of somebody's own"
        "Operations that are none of TensorFlow's come from a native library that has to be loaded first, or are compiled engines inside the graph"
        "Look at the library, or ask the publisher for a model of TensorFlow's own operations"

    TF_REACH "WB-TF-REACH" Review
        "the graph reaches beyond itself"
        "This operation hands values to other machines, to a debugger or into a log, or runs a program that is in no graph: what the model serves needs none of that"
        "Ask the publisher which operation it is needed for, or for the graph of inference alone"

    TFLITE_CUSTOM "WB-TFLITE-CUSTOM" Review
        "the model needs operators that are code of somebody's own"
        "Operators with a name are not the runtime's: they come from a library that is loaded with the model, or are TensorFlow's"
        "Look at the library, or ask the publisher for a model of the runtime's own operators"

    TFLITE_PATH "WB-TFLITE-PATH" Dangerous
        "the model reads its weights from outside its folder"
        "A model may keep its weights in other files; this path leads out of its folder"
        "Do not load it. Ask the publisher to convert it again"

    EXECUTORCH_CUSTOM "WB-EXECUTORCH-CUSTOM" Review
        "the program needs kernels that are code of somebody's own"
        "Kernels of other libraries have to be linked into the runtime, and parts that were compiled for another engine are programs that nobody can read here"
        "Use it only when you know who compiled it, from which source"

    COREML_CUSTOM "WB-COREML-CUSTOM" Review
        "the model asks for classes of the program that loads it"
        "A custom layer or model names a class that the loading program brings, or another model that completes it"
        "Look at the class, or ask the publisher for a model of Core ML's own layers"

    COREML_PATH "WB-COREML-PATH" Dangerous
        "the model reads its weights from outside its folder"
        "A model may keep its weights in other files; this path leads out of its folder"
        "Do not load it. Ask the publisher to convert it again"

    PADDLE_ACT "WB-PADDLE-ACT" Dangerous
        "the program reaches files, code or the network"
        "Running the program runs this operator: it calls Python, writes files or talks to other machines"
        "Do not load it. Ask the publisher for the program of inference alone"

    PADDLE_READ "WB-PADDLE-READ" Review
        "the program opens files or hands over to another engine"
        "The operator reads a file that the program names, or runs a part that was compiled for another engine"
        "Look at the evidence, or ask the publisher for the program of inference alone"

    PADDLE_CUSTOM "WB-PADDLE-CUSTOM" Review
        "a program runs an operator that Paddle does not have"
        "Operators of somebody's own come from a library that has to be loaded with the model, and nobody knows what they do"
        "Use the model only with operators whose source you know"

    NPY_LAYOUT "WB-NPY-LAYOUT" Review
        "the array's header does not describe the file"
        "The file holds more or less than its header says"
        "Fetch it again; if it stays so, ask the publisher"

    NPY_CODE "WB-NPY-CODE" Dangerous
        "the array's header is a program"
        "The header of an array file is a literal of Python, and readers that evaluate it run what it calls"
        "Do not load it. numpy writes no such header"

    HDF5_EXTERNAL "WB-HDF5-EXTERNAL" Dangerous
        "the HDF5 file reaches for other files"
        "A link, a dataset or a storage in another file makes whoever opens this one read files of its own machine, which then leave with the model (CVE-2026-1669)"
        "Do not load it. Ask the publisher for one file that holds everything"

    HDF5_LAYOUT "WB-HDF5-LAYOUT" Review
        "bytes lie behind the end of the HDF5 file"
        "The file says where it ends; what follows belongs to nothing in it, and another program can find something there"
        "Ask the publisher to write it again"

    HDF5_OBJECTS "WB-HDF5-OBJECTS" Review
        "an HDF5 file holds rows of pickled objects"
        "PyTables unpickles each row as it is read, and what a pickle calls runs then"
        "Ask for columns of numbers and text, or read the rows without PyTables"

    KERAS_LAMBDA "WB-KERAS-LAMBDA" Dangerous
        "the Keras model carries code"
        "Loading a Lambda layer runs the code in the file, or a function that the file names, in versions and file formats that do not ask first (CVE-2024-3660, CVE-2025-9905, CVE-2025-9906)"
        "Do not load it. Ask the publisher for a model without Lambda layers, or for the weights alone"

    KERAS_CALL "WB-KERAS-CALL" Dangerous
        "the Keras configuration names something that can act"
        "Keras imports the module and calls what it finds under the name, with arguments that the file chose (CVE-2025-1550, CVE-2025-8747)"
        "Do not load it. Ask the publisher for the weights alone"

    KERAS_TORCH "WB-KERAS-TORCH" Dangerous
        "the Keras model carries a pickled PyTorch module"
        "The layer TorchModuleWrapper unpickles what its configuration holds (CVE-2025-49655)"
        "Do not load it. Ask the publisher for the weights alone"

    KERAS_PATH "WB-KERAS-PATH" Dangerous
        "a layer of the Keras model opens a file or an address"
        "Loading the model reads what the path names: files of the loading machine, or another server (CVE-2025-12058)"
        "Do not load it. Ask the publisher for a model that holds its vocabulary"

    KERAS_CUSTOM "WB-KERAS-CUSTOM" Review
        "the Keras model needs code that is not part of Keras"
        "Loading imports the class or function from the module that the file names, or takes what is registered under its name"
        "Look at that code; load the model only together with code you know"

    OPENVINO_CUSTOM "WB-OPENVINO-CUSTOM" Review
        "the network needs operations that are not part of OpenVINO"
        "Such an operation is native code in a library that has to be loaded with the model"
        "Use the model only with a library you know"

    PMML_FUNCTION "WB-PMML-FUNCTION" Review
        "the PMML model calls a class of Java"
        "The program that evaluates the model loads the class under this name and calls it"
        "Look at the class, or ask the publisher for a model of standard functions"

    ARROW_PICKLE "WB-ARROW-PICKLE" Dangerous
        "the table carries pickled column types"
        "Older readers unpickle the type's parameters when the file is opened (CVE-2023-47248)"
        "Do not open it with pyarrow before 14.0.1; ask for plain columns"

    ARROW_OBJECTS "WB-ARROW-OBJECTS" Review
        "the table has columns of pickled objects"
        "Where Ray is loaded, every value of such a column is unpickled when it is read"
        "Ask for plain columns"

    R_PROMISE "WB-R-PROMISE" Dangerous
        "the R file brings a promise"
        "R evaluates a promise when the value is looked at: reading the file and printing what it held runs code (CVE-2024-27322)"
        "Do not load it with R before 4.4.0; no function of R writes such a file by accident"

    R_CODE "WB-R-CODE" Review
        "the R file brings functions or calls"
        "Fitted models of R carry the call that made them and functions with their environments: they run when the model is used"
        "Look at the functions before the model is used, or ask for plain data"

    LUA_CODE "WB-LUA-CODE" Review
        "the Torch7 file brings compiled functions"
        "They run when the model is used, and Lua does not check compiled code: it can read and write any memory"
        "Ask for the weights alone, as safetensors"

    ENGINE "WB-ENGINE" Review
        "the file is a compiled engine"
        "An engine is native code and plans for one device, read by a closed program: what it does cannot be read from it"
        "Build the engine yourself from a model that can be examined"

    SKOPS_CALL "WB-SKOPS-CALL" Dangerous
        "the skops file names a function that can act"
        "Loading the file with its types trusted imports this name, and calls it or hands it to the model (CVE-2025-54412, CVE-2025-54413, CVE-2025-54886)"
        "Do not load it. Ask the publisher for a model of scikit-learn's own classes"

    SKOPS_UNLISTED "WB-SKOPS-UNLISTED" Review
        "the skops file names a class or function that nobody has vetted"
        "Loading the file with its types trusted imports this name; whether that is harmless depends on the library it comes from"
        "Look at the class before it is trusted"

    MAR_CODE "WB-MAR-CODE" Review
        "the model archive brings code that is run"
        "TorchServe imports the handler and the model file from the archive, and installs what its requirements name (CVE-2023-48299 is about archives of strangers)"
        "Read the named files before the archive is served"
}
