#!/usr/bin/env bash
# Uses the packages as an application would: packs them, makes a new console program of README's sample with the package from there, runs it
# as it is and ahead of time, installs the command, and sees the chat of the command compiled ahead of time. With `CI=true` also publishes for other systems. Needs a build in Release.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
model=$root/models/lab-q8_0.gguf

dotnet pack "$root/Engine.sln" -c Release --no-build -o "$work/feed" -v q
version=$(ls "$work/feed" | sed -n 's/^Winnow\.Extensions\.AI\.\([0-9].*\)\.nupkg$/\1/p')
for package in "$work"/feed/*.nupkg; do
    echo "$(basename "$package"): $(($(stat -c %s "$package") / 1024)) KiB"
done

# Packages of this version are looked for in the new feed, what they build on where it always is.
cat > "$work/nuget.config" <<END
<configuration>
  <packageSources><add key="packed" value="$work/feed" /></packageSources>
  <config><add key="globalPackagesFolder" value="$work/packages" /></config>
  <fallbackPackageFolders><add key="known" value="${NUGET_PACKAGES:-$HOME/.nuget/packages}" /></fallbackPackageFolders>
</configuration>
END

cd "$work"
dotnet new console -n App -o app > /dev/null
dotnet add app package Winnow.Extensions.AI --version "$version" > add.log || { cat add.log; exit 1; }
awk '/^```csharp/ { inside = 1; next } /^```/ { if (inside) exit } inside' "$root/README.md" | sed "s|path/to/model.gguf|$model|" > app/Program.cs
say() { echo "$1: $(wc -c < "$2") bytes of answer"; [ -s "$2" ] || exit 1; }
dotnet run --project app -c Release > jit.txt
say "README's program" jit.txt
dotnet publish app -c Release -r linux-x64 -p:PublishAot=true -p:TreatWarningsAsErrors=true -o aot > aot.log || { cat aot.log; exit 1; }
grep -E "warning" aot.log && exit 1
[ "$(dotnet msbuild app -getProperty:IlcInstructionSet -p:PublishAot=true -p:RuntimeIdentifier=linux-x64)" = x86-64-v3 ] \
    || { echo "ahead of time, only the portable kernels are compiled in"; exit 1; }
./aot/App > aot.txt
say "ahead of time, $(($(stat -c %s aot/App) / 1024)) KiB" aot.txt

dotnet tool install Winnow.Tool --version "$version" --tool-path tool > tool.log || { cat tool.log; exit 1; }
tool/winnow run -p "Once upon a time" -n 8 --temp 0 > tool.txt
say "winnow, installed" tool.txt

dotnet publish "$root/src/Winnow.Cli" -c Release -r linux-x64 -p:PublishAot=true -p:TreatWarningsAsErrors=true -p:RunAnalyzers=false -o native > native.log \
    || { cat native.log; exit 1; }
grep -E "warning" native.log && exit 1
native/winnow run -p "Once upon a time" -n 8 --temp 0 > native.txt
say "winnow ahead of time, $(($(stat -c %s native/winnow) / 1024)) KiB" native.txt
# Screens need tmux and are skipped without; Ctrl-C while the model is loaded comes too late for this program.
WINNOW_PROGRAM=$work/native/winnow "$root/tests/Winnow.Console.Tests/bin/Release/net10.0/Winnow.Console.Tests" -noColor \
    -class '*ScreenTests' -method- '*while_the_model_is_loaded*' | tail -1

if [ "${CI:-}" = true ]; then
    for system in win-x64 osx-arm64 linux-arm64; do
        dotnet publish "$root/src/Winnow.Cli" -c Release -r $system --self-contained false -o "$work/$system" -v q -p:RunAnalyzers=false || exit 1
        echo "$system: $(ls "$work/$system" | grep -cE '^winnow(\.exe)?$') program"
    done
fi
