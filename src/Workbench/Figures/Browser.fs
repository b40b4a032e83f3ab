namespace Workbench

open System
open System.Diagnostics
open System.IO

/// A Chromium-like browser on this machine, which draws pictures without a window.
[<RequireQualifiedAccess>]
module internal Browser =
    let private names = [
        "chromium"
        "chromium-browser"
        "google-chrome-stable"
        "google-chrome"
        "chrome"
        "microsoft-edge"
        "msedge"
    ]

    let private usualPlaces = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
        "/Applications/Chromium.app/Contents/MacOS/Chromium"
        @"C:\Program Files\Google\Chrome\Application\chrome.exe"
        @"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe"
    ]

    let private variable (name: string) =
        Environment.GetEnvironmentVariable name
        |> Option.ofObj
        |> Option.filter (fun value -> value <> "")

    /// The browser that WORKBENCH_BROWSER names, else the first of the known ones on PATH or where they are usually
    /// installed.
    let tryFind () : string option =
        let onPath =
            seq {
                for name in names do
                    for folder in (variable "PATH" |> Option.defaultValue "").Split(Path.PathSeparator) do
                        Path.Combine(folder, name)
                        Path.Combine(folder, name + ".exe")
            }

        Seq.concat [
            Option.toList (variable "WORKBENCH_BROWSER") |> Seq.ofList
            onPath
            Seq.ofList usualPlaces
        ]
        |> Seq.tryFind File.Exists

    /// Does work in a folder of its own, which is deleted afterwards.
    let inFreshFolder (work: string -> 'r) : 'r =
        let folder = Directory.CreateTempSubdirectory "workbench-"

        try
            work folder.FullName
        finally
            // A browser that is ending may still hold a file of its profile; what stays is the system's to clean.
            try
                folder.Delete true
            with :? IOException ->
                ()

    /// <summary>Opens a page without a window, lets its scripts finish, and returns the document as HTML.</summary>
    /// <exception cref="T:System.InvalidOperationException">The browser fails or takes over five minutes.</exception>
    let document (browser: string) (page: string) : string =
        inFreshFolder (fun profile ->
            let start =
                ProcessStartInfo(
                    browser,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    UseShellExecute = false
                )

            // --no-sandbox: a container's root has no other way, and the page is our own. SwiftShader draws WebGL where
            // there is no GPU.
            [
                "--headless"
                "--no-sandbox"
                "--disable-gpu"
                "--enable-unsafe-swiftshader"
                "--disable-quic"
                "--no-first-run"
                "--disable-background-networking"
                "--disable-component-update"
                "--disable-sync"
                "--hide-scrollbars"
                "--allow-file-access-from-files"
                $"--user-data-dir={profile}"
                "--virtual-time-budget=60000"
                "--dump-dom"
                Uri(Path.GetFullPath page).AbsoluteUri
            ]
            |> List.iter start.ArgumentList.Add

            use running =
                Process.Start start
                |> Option.ofObj
                |> Option.defaultWith (fun () -> invalidOp $"{browser} could not be started.")

            let output = running.StandardOutput.ReadToEndAsync()
            let errors = running.StandardError.ReadToEndAsync()

            if not (running.WaitForExit(TimeSpan.FromMinutes 5.0)) then
                running.Kill(entireProcessTree = true)
                invalidOp $"{browser} did not finish drawing {page} within five minutes."

            if running.ExitCode <> 0 then
                invalidOp $"{browser} ended with code {running.ExitCode} on {page}: {errors.Result.Trim()}"

            output.Result)

    /// Whether somebody sits before a screen where a window can open.
    let hasScreen () : bool =
        not Console.IsOutputRedirected
        && (OperatingSystem.IsWindows()
            || OperatingSystem.IsMacOS()
            || (variable "DISPLAY").IsSome
            || (variable "WAYLAND_DISPLAY").IsSome)

    /// Opens a page in the reader's own browser.
    let show (page: string) : unit =
        use _ = Process.Start(ProcessStartInfo(page, UseShellExecute = true))
        ()
