"""What macOS is told of the application: its document type and what the Finder shows. Used by build.spec.

UNTESTED: nobody has built it on a Mac yet.
"""

from typing import Any

# The project owns no domain; .alt is the top-level domain that RFC 9476 sets aside for names that are none.
# Unlike AppStream, macOS allows hyphens here and no underscores.
BUNDLE_IDENTIFIER = "alt.vae-desktop.vae-desktop"
MODEL_TYPE = "alt.vae-desktop.model"


def info_plist(version: str) -> dict[str, Any]:
    """The entries of Info.plist beyond those that PyInstaller writes itself."""
    return {
        "CFBundleDisplayName": "VAE Desktop",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "LSApplicationCategoryType": "public.app-category.education",
        "LSMinimumSystemVersion": "13.0",  # the least of what Qt 6.11 and TensorFlow 2.21 run on
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": "MIT License",
        # Qt draws in the system's light or dark colours.
        "NSRequiresAquaSystemAppearance": False,
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Trained VAE model",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": [MODEL_TYPE],
            },
            # A folder of pictures can be dropped on the icon; the Finder keeps opening folders.
            {
                "CFBundleTypeName": "Folder of pictures",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": ["public.folder"],
            },
        ],
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": MODEL_TYPE,
                "UTTypeDescription": "Trained VAE model",
                "UTTypeConformsTo": ["public.data", "public.content"],
                "UTTypeTagSpecification": {
                    "public.filename-extension": ["vae"],
                    "public.mime-type": ["application/x-vae-model"],
                },
            }
        ],
    }
