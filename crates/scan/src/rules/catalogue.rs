//! Every rule of the scanner, one entry each.

use weighbridge_domain::Severity::{Dangerous, Note, Review};

use super::Rule;

macro_rules! catalogue {
    ($($name:ident $code:literal $severity:ident $title:literal $why:literal $advice:literal)*) => {
        $(pub(crate) const $name: Rule = Rule {
            code: $code,
            severity: $severity,
            title: $title,
            why: $why,
            advice: $advice,
        };)*
        pub(super) static ALL: &[Rule] = &[$($name),*];
    };
}

catalogue! {
    PICKLE_CALL "WB-PICKLE-CALL" Dangerous
        "pickle calls a function that can act"
        "Loading the file runs this function with arguments that the file chose: commands, code, files or the network are in its reach"
        "Do not load it. Ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_IMPORT "WB-PICKLE-IMPORT" Dangerous
        "pickle imports a function that can act"
        "Nothing that only describes weights names this function; once imported it can be called by whatever uses the object"
        "Do not load it. Ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_SUSPECT_CALL "WB-PICKLE-SUSPECT-CALL" Dangerous
        "pickle calls an unknown function in a suspicious way"
        "The function is in no table of vetted names, and it is handed something like a command, code, a path or an address, or its result is thrown away: it is called for its effect"
        "Do not load it. Ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_ESCAPE "WB-PICKLE-ESCAPE" Dangerous
        "pickle reaches through a module or an attribute"
        "The name walks from a harmless object to another one, which is how a list of forbidden names is gone round"
        "Do not load it. Ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_DYNAMIC "WB-PICKLE-DYNAMIC" Dangerous
        "pickle computes what it imports"
        "The imported name is not in the file as text, so nobody can say beforehand what will be called"
        "Do not load it. Ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_MUTATE "WB-PICKLE-MUTATE" Dangerous
        "pickle changes a function, class or module"
        "Writing into an imported object changes the program that loads the file, beyond the object being loaded"
        "Do not load it. Ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_FRAME "WB-PICKLE-FRAME" Dangerous
        "pickle reads differently in different readers"
        "Python's own readers disagree about these bytes, so a scanner and a loader can see two different programs"
        "Do not load it. No pickler writes such a file by accident"

    PICKLE_HIDDEN "WB-PICKLE-HIDDEN" Dangerous
        "a pickle that acts is hidden in other bytes"
        "Bytes that should be data are a pickle program that imports and calls something"
        "Do not load it. Ask the publisher how the file was made"

    PICKLE_NESTED "WB-PICKLE-NESTED" Dangerous
        "pickle loads other bytes that cannot be examined"
        "The file hands bytes to a loader in a way that hides what will be loaded"
        "Do not load it. Ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_UNLISTED_CALL "WB-PICKLE-UNLISTED-CALL" Review
        "pickle calls a function that nobody has vetted"
        "Loading the file runs this function; whether that is harmless depends on the library it comes from"
        "Look at the function, or ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_UNLISTED_CLASS "WB-PICKLE-UNLISTED-CLASS" Review
        "pickle makes an object of a class that nobody has vetted"
        "Loading the file needs that library and runs the class's own code for restoring objects"
        "Look at the class, or ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_UNLISTED_IMPORT "WB-PICKLE-UNLISTED-IMPORT" Review
        "pickle imports a name that nobody has vetted"
        "Importing runs the module's code, and whatever uses the object can call the name"
        "Look at the module, or ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_ODD_USE "WB-PICKLE-ODD-USE" Review
        "pickle uses a vetted name in an unusual way"
        "The name is harmless in its usual role; this use is not one of the vetted ones"
        "Look at the evidence, or ask the publisher for safetensors, or load it where it can do no harm"

    PICKLE_PERSISTENT_ID "WB-PICKLE-PERSISTENT-ID" Review
        "pickle refers to something outside itself"
        "What a persistent id stands for is decided by the program that loads the file"
        "Load it only with the program it was made for"

    TORCH_STORAGE "WB-TORCH-STORAGE" Dangerous
        "a tensor reaches outside its storage"
        "A tensor whose size disagrees with the bytes behind it makes the loader read or write memory that is not its own (CVE-2026-24747)"
        "Do not load it. Ask the publisher for safetensors"

    TORCH_CONVERTIBLE "WB-TORCH-CONVERTIBLE" Note
        "the checkpoint holds tensors alone and can be converted"
        "Its tensors can be written as safetensors from the table in the file, without loading it: what loads safetensors runs nothing"
        "`weighbridge convert FILE` writes them, byte for byte"

    TORCHSCRIPT "WB-TORCHSCRIPT" Review
        "the archive carries TorchScript code"
        "Loading runs the code in the archive in PyTorch's own interpreter"
        "Ask for the weights alone, as safetensors"

    ZIP_MISMATCH "WB-ZIP-MISMATCH" Dangerous
        "the zip archive tells two different stories"
        "The directory at the end and the headers before the members disagree: two programs that open it see different files"
        "Do not load it. Ask the publisher to pack it again"

    ZIP_DUPLICATE "WB-ZIP-DUPLICATE" Dangerous
        "the zip archive holds two members of one name"
        "Which of the two is loaded depends on the program"
        "Do not load it. Ask the publisher to pack it again"

    ZIP_HIDDEN "WB-ZIP-HIDDEN" Dangerous
        "the zip archive hides bytes"
        "There are bytes that belong to no member; another program can find a member or a program there"
        "Do not load it. Ask the publisher to pack it again"

    ZIP_FLAGS "WB-ZIP-FLAGS" Dangerous
        "the zip archive claims to be encrypted and is not"
        "Scanners skip a member that says it is encrypted; loaders that ignore the flag load it (CVE-2025-1945)"
        "Do not load it. Ask the publisher to pack it again"

    ZIP_CRC "WB-ZIP-CRC" Review
        "a checksum in the zip archive is wrong"
        "Scanners that check it give up on the member, loaders that do not check it load it (CVE-2025-10156)"
        "Fetch it again; if it stays wrong, ask the publisher"

    ARCHIVE_SUM "WB-ARCHIVE-SUM" Review
        "compressed bytes do not fit their checksum"
        "Readers that compare checksums refuse the file, others load it: a scanner of the one kind sees nothing of what the other kind runs"
        "Ask the publisher for a file that unpacks without complaint"

    ARCHIVE_NAME "WB-ARCHIVE-NAME" Dangerous
        "a member of the archive points outside of it"
        "Unpacking such an archive writes or links outside the folder it is unpacked into"
        "Do not unpack it"

    ARCHIVE_BOMB "WB-ARCHIVE-BOMB" Dangerous
        "the archive unpacks to far more than it holds"
        "Such an archive exhausts the memory or the disk of whoever opens it"
        "Do not open it"

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

    TEMPLATE_ESCAPE "WB-TEMPLATE-ESCAPE" Dangerous
        "the chat template reaches into Python"
        "A template that walks to attributes with two underscores runs code wherever it is rendered without a sandbox (CVE-2024-34359)"
        "Do not use the template; replace it with the base model's"

    TEMPLATE_SUSPECT "WB-TEMPLATE-SUSPECT" Review
        "the chat template does unusual things"
        "Templates have no need to load other templates or to build attribute names"
        "Read the template before it is used"

    NAME_MISMATCH "WB-NAME-MISMATCH" Dangerous
        "the file is not what its name says"
        "A file that can act hides behind a name that tools take for harmless"
        "Do not load it. Ask the publisher what it is"

    NAME_UNEXPECTED "WB-NAME-UNEXPECTED" Review
        "the content does not fit the name"
        "The name promises a format and the bytes are another one"
        "Look at the file before it is used"

    POLYGLOT "WB-POLYGLOT" Dangerous
        "the file is two formats at once"
        "One program sees a harmless file and another one sees a program in the same bytes"
        "Do not load it"

    NATIVE_CODE "WB-NATIVE-CODE" Review
        "the file is native code"
        "It runs with all rights of whoever loads or starts it"
        "Use it only when you know who built it, from which source"

    NATIVE_DISGUISED "WB-NATIVE-DISGUISED" Dangerous
        "native code behind another name"
        "A program that is named like data is meant to be overlooked"
        "Do not use it"

    SCRIPT "WB-SCRIPT" Review
        "the file is a script"
        "It does whatever it says, with all rights of whoever starts it"
        "Read it before it is run"

    PATH_CODE "WB-PATH-CODE" Dangerous
        "a .pth file runs code"
        "Python runs such lines at every start once the file lies in a site folder"
        "Do not install it"

    YAML_PYTHON "WB-YAML-PYTHON" Dangerous
        "the YAML file makes Python objects"
        "A tag of this kind calls Python functions when the file is loaded with an unsafe loader"
        "Do not load it with `yaml.load`; ask the publisher for plain YAML"

    YAML_OBJECT "WB-YAML-OBJECT" Review
        "the YAML file makes objects of another language"
        "A tag that names a class of Java, Ruby, PHP or Perl has its loader make an object of it"
        "Ask the publisher for plain YAML"

    CONFIG_CALL "WB-CONFIG-CALL" Dangerous
        "the configuration names something that can act"
        "Loaders import what stands under this key and call it with arguments from the file (CVE-2025-23304)"
        "Do not load it. Ask the publisher for the weights alone"

    CONFIG_CUSTOM "WB-CONFIG-CUSTOM" Review
        "the configuration names code to call"
        "Loaders import what stands under this key and call it; whether that is harmless depends on the library it comes from"
        "Look at the named code, and load the model only together with code you know"

    PICKLE_BOMB "WB-PICKLE-BOMB" Dangerous
        "the pickle makes far more than it holds"
        "Containers that hold each other many times over, or a count in the place of contents, exhaust the memory or the stack of whoever compares, prints or loads what it makes"
        "Do not load it. No framework writes such a pickle"

    TEXT_BOMB "WB-TEXT-BOMB" Dangerous
        "the document grows to far more than it holds"
        "Aliases or entities that stand for each other exhaust the memory of whoever reads the document"
        "Do not open it"

    PYTHON_HIDDEN "WB-PYTHON-HIDDEN" Dangerous
        "the program runs code that it does not show"
        "Code that is decoded or fetched just before it runs is in no file that anybody could read"
        "Do not run it"

    PYTHON_COMMAND "WB-PYTHON-COMMAND" Dangerous
        "the program runs commands as soon as it is imported"
        "Whoever loads the model with `trust_remote_code`, or imports the file, has the command run, before anything of the model was used"
        "Do not import it. Models need no commands to be loaded"

    PYTHON_IMPORT "WB-PYTHON-IMPORT" Review
        "the program acts as soon as it is imported"
        "Whoever loads the model with `trust_remote_code`, or imports the file, runs this call"
        "Read the program before it is used"

    PYTHON_CALLS "WB-PYTHON-CALLS" Note
        "a function of the program acts"
        "It runs when the function is called: by the model that the file defines, or by somebody who uses it"
        "Look at the call when you read the program"

    NOTEBOOK_SHELL "WB-NOTEBOOK-SHELL" Review
        "the notebook runs commands"
        "Running the cells hands these lines to a shell or to another interpreter"
        "Read the cells before they are run"

    NOTEBOOK_INSTALL "WB-NOTEBOOK-INSTALL" Note
        "the notebook installs packages"
        "Running the cells installs these packages from the usual index"
        "Look at the names of the packages"

    NOTEBOOK_OUTPUT "WB-NOTEBOOK-OUTPUT" Review
        "a text or an output of the notebook carries a script"
        "It runs in the browser of whoever trusts the notebook or opens it where outputs are not cleaned"
        "Clear the outputs before the notebook is opened"

    SVG_SCRIPT "WB-SVG-SCRIPT" Review
        "the picture carries a script"
        "A browser that opens the picture by itself runs it, with the rights of the site that it came from"
        "Show the picture only inside of a page, as an image, or ask for one without scripts"

    XML_ENTITY "WB-XML-ENTITY" Dangerous
        "the XML document declares entities or includes others"
        "A reader that follows it opens files and addresses of the machine it runs on, or grows without end"
        "Do not open it. No framework writes such a document"

    XML_REFERENCE "WB-XML-REFERENCE" Review
        "the XML document names a style sheet"
        "A browser or another reader fetches it and runs what it says"
        "Look at the style sheet"

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

    REPO_AUTO_MAP "WB-REPO-AUTOMAP" Review
        "the configuration names code to run"
        "With `trust_remote_code` the named classes are imported from Python files and run"
        "Read the named files, or use a model that needs no code of its own"

    REPO_FOREIGN_CODE "WB-REPO-FOREIGN-CODE" Review
        "the configuration names code in another repository"
        "The code that would run is not part of this revision: it can change without this repository changing"
        "Have the code copied into the repository, and read it there"

    REPO_TRUST_FLAG "WB-REPO-TRUST-FLAG" Dangerous
        "the configuration asks to be trusted"
        "A `trust_remote_code` field inside the downloaded configuration makes affected versions run its code without being asked (CVE-2026-5241)"
        "Do not load it. Ask the publisher to remove the field"

    REPO_ATTENTION "WB-REPO-ATTENTION" Dangerous
        "the configuration loads a kernel from elsewhere"
        "The field `_attn_implementation_internal` makes affected versions fetch and run code without being asked (CVE-2026-4372)"
        "Do not load it. Ask the publisher to remove the field"

    REPO_CUSTOM_MODULE "WB-REPO-CUSTOM-MODULE" Review
        "modules.json names code to run"
        "sentence-transformers imports the named types, from the repository where they are not its own"
        "Read the named files"

    REPO_PIPELINE "WB-REPO-PIPELINE" Review
        "model_index.json names a pipeline of its own"
        "diffusers imports the pipeline or its parts from Python files in the repository"
        "Read the named files"

    REPO_DATASET_SCRIPT "WB-REPO-DATASET-SCRIPT" Review
        "the dataset has a loading script"
        "Older versions of `datasets` run the script to load the data"
        "Ask for plain Parquet or CSV files"

    REPO_HANDLER "WB-REPO-HANDLER" Review
        "the repository has an endpoint handler"
        "Inference servers import `handler.py` and run it"
        "Read the handler before it is deployed"

    REPO_PYTHON "WB-REPO-PYTHON" Review
        "the repository carries Python code"
        "With `trust_remote_code`, or when somebody follows the README, it runs"
        "Read it before it is run"

    REPO_EXECUTABLE "WB-REPO-EXECUTABLE" Review
        "the repository carries programs"
        "Weights need no programs beside them"
        "Use them only when you know who built them"

    REPO_INDEX "WB-REPO-INDEX" Review
        "the weight index names odd files"
        "The index decides which files a loader opens; these are missing, outside the repository, or pickles"
        "Compare with the file list; ask the publisher"

    REPO_OUTSIDE "WB-REPO-OUTSIDE" Dangerous
        "the configuration reaches out of the repository, or into Python"
        "The loader opens a file of its own machine that the index names, or imports a module that runs commands"
        "Do not load it. No framework writes such a configuration"

    NAME_DECEPTIVE "WB-NAME-DECEPTIVE" Review
        "the name of the file is written to be misread"
        "Letters of other scripts that look like Latin ones, or marks that turn the direction of writing, make a name look like another one"
        "Compare the name letter by letter with the one that was meant"

    REPO_NAME "WB-REPO-NAME" Review
        "the name of the repository or of its publisher reads like a known one"
        "Names that differ in what eyes miss are made to be mistaken: whoever types or copies one gets files of somebody else"
        "Compare the name letter by letter with the one that was meant, and ask the publisher in another way"

    REPO_PICKLE_BESIDE "WB-REPO-PICKLE-BESIDE" Note
        "pickled weights lie beside safetensors"
        "Some loaders prefer the pickle, or fall back to it"
        "Allow only the safetensors files"

    WORKER_CRASH "WB-WORKER-CRASH" Review
        "the scanner's worker ended while it looked at the file"
        "A file that breaks a parser is broken or hostile; nothing is known about it"
        "Treat it as unexamined; report the file to the makers of the scanner"

    WORKER_TIMEOUT "WB-WORKER-TIMEOUT" Review
        "the scan took too long"
        "A file that keeps a parser busy is unusual or hostile; nothing is known about it"
        "Treat it as unexamined; raise the limit if the file is merely large"
}
