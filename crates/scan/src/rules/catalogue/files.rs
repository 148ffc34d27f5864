//! Rules about archives, programs, and files that are not what their names say.

use weighbridge_domain::Severity::{Dangerous, Review};

use super::Rule;

catalogue! {
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

    WORKER_CRASH "WB-WORKER-CRASH" Review
        "the scanner's worker ended while it looked at the file"
        "A file that breaks a parser is broken or hostile; nothing is known about it"
        "Treat it as unexamined; report the file to the makers of the scanner"

    WORKER_TIMEOUT "WB-WORKER-TIMEOUT" Review
        "the scan took too long"
        "A file that keeps a parser busy is unusual or hostile; nothing is known about it"
        "Treat it as unexamined; raise the limit if the file is merely large"
}
