; The installer for Windows, for Inno Setup 6: iscc /DVersion=0.1.0 installer\windows\vae-desktop.iss
; It takes dist\vae-desktop (pyinstaller build.spec) and build\icons (python installer\icons.py build\icons), and writes
; dist\vae-desktop-VERSION-windows-x86_64-setup.exe.
; For this user alone and without an administrator; files of type .vae open with it.
; UNTESTED: nobody has run it yet.

#ifndef Version
  #error Say which version: iscc /DVersion=0.1.0 installer\windows\vae-desktop.iss
#endif

[Setup]
; Made up once and for ever: it is how Windows knows that a newer version replaces this one.
AppId={{6E0F4E52-6B0B-4B0E-9C57-2B1A6C3D8F41}
AppName=VAE Desktop
AppVersion={#Version}
AppPublisher=The VAE Desktop authors
DefaultDirName={localappdata}\Programs\VAE Desktop
DefaultGroupName=VAE Desktop
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
SourceDir=..\..
OutputDir=dist
OutputBaseFilename=vae-desktop-{#Version}-windows-x86_64-setup
LicenseFile=LICENSE
SetupIconFile=build\icons\vae-desktop.ico
UninstallDisplayIcon={app}\vae-desktop.exe
Compression=lzma2/max
SolidCompression=yes
; Explorer is told at the end that the file type and its icon are new.
ChangesAssociations=yes
; A newer version over a running one: Windows closes the program, which saves its training.
CloseApplications=yes

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[InstallDelete]
; What an older version had and this one has not. Projects are elsewhere, in the user's data folder.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "dist\vae-desktop\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion
Source: "build\icons\vae-document.ico"; DestDir: "{app}"; Flags: ignoreversion

[Icons]
Name: "{group}\VAE Desktop"; Filename: "{app}\vae-desktop.exe"
Name: "{userdesktop}\VAE Desktop"; Filename: "{app}\vae-desktop.exe"; Tasks: desktopicon

[Registry]
Root: HKCU; Subkey: "Software\Classes\.vae"; ValueType: string; ValueData: "VAEDesktop.Model"; Flags: uninsdeletevalue
Root: HKCU; Subkey: "Software\Classes\.vae"; ValueType: string; ValueName: "Content Type"; ValueData: "application/x-vae-model"; Flags: uninsdeletevalue
Root: HKCU; Subkey: "Software\Classes\.vae"; Flags: uninsdeletekeyifempty
Root: HKCU; Subkey: "Software\Classes\VAEDesktop.Model"; ValueType: string; ValueData: "Trained VAE model"; Flags: uninsdeletekey
Root: HKCU; Subkey: "Software\Classes\VAEDesktop.Model\DefaultIcon"; ValueType: string; ValueData: "{app}\vae-document.ico"
Root: HKCU; Subkey: "Software\Classes\VAEDesktop.Model\shell\open\command"; ValueType: string; ValueData: """{app}\vae-desktop.exe"" ""%1"""

[Run]
Filename: "{app}\vae-desktop.exe"; Description: "{cm:LaunchProgram,VAE Desktop}"; Flags: nowait postinstall skipifsilent
