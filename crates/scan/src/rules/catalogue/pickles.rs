//! Rules about pickles and the checkpoints made of them.

use weighbridge_domain::Severity::{Dangerous, Note, Review};

use super::Rule;

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

    PICKLE_STATE "WB-PICKLE-STATE" Dangerous
        "pickle gives an object a state that is run"
        "The class runs text of its state as a program when an object is restored, and this is not the text that the library itself writes"
        "Do not load it. Ask the publisher for the parameters alone, or load it where it can do no harm"

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

    PICKLE_BOMB "WB-PICKLE-BOMB" Dangerous
        "the pickle makes far more than it holds"
        "Containers that hold each other many times over, or a count in the place of contents, exhaust the memory or the stack of whoever compares, prints or loads what it makes"
        "Do not load it. No framework writes such a pickle"
}
