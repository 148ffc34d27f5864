//! Rules about whole repositories and their names.

use weighbridge_domain::Severity::{Dangerous, Note, Review};

use super::Rule;

catalogue! {
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
}
