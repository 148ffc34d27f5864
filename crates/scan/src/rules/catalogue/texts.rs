//! Rules about what people write: configuration, templates, source code, notebooks, markup.

use weighbridge_domain::Severity::{Dangerous, Note, Review};

use super::Rule;

catalogue! {
    TEMPLATE_ESCAPE "WB-TEMPLATE-ESCAPE" Dangerous
        "the chat template reaches into Python"
        "A template that walks to attributes with two underscores runs code wherever it is rendered without a sandbox (CVE-2024-34359)"
        "Do not use the template; replace it with the base model's"

    TEMPLATE_SUSPECT "WB-TEMPLATE-SUSPECT" Review
        "the chat template does unusual things"
        "Templates have no need to load other templates or to build attribute names"
        "Read the template before it is used"

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

    TEXT_BOMB "WB-TEXT-BOMB" Dangerous
        "the document grows to far more than it holds"
        "Aliases or entities that stand for each other exhaust the memory of whoever reads the document"
        "Do not open it"

    PYTHON_HIDDEN "WB-PYTHON-HIDDEN" Dangerous
        "the program runs code that it does not show"
        "Code that is decoded or fetched just before it runs is in no file that anybody could read"
        "Do not run it"

    PYTHON_COMMAND "WB-PYTHON-COMMAND" Dangerous
        "the program runs commands or opens connections as soon as it is imported"
        "Whoever loads the model with `trust_remote_code`, or imports the file, has that done, before anything of the model was used"
        "Do not import it. Models need neither to be loaded"

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
}
