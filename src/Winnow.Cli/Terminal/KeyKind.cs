namespace Winnow.Cli.Terminal;

/// <summary>What keys mean, by readline's bindings.</summary>
internal enum KeyKind
{
    /// <summary>Characters.</summary>
    Text,

    /// <summary>What a terminal marks as pasted.</summary>
    Paste,

    /// <summary>The line is complete.</summary>
    Enter,

    /// <summary>A line end within the message: Alt-Enter, Ctrl-J, and Shift-Enter where the terminal tells it from Enter.</summary>
    NewLine,

    Tab,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,

    /// <summary>The line above, or the entry before in the history.</summary>
    Up,

    /// <summary>The line below, or the next entry of the history.</summary>
    Down,

    Backspace,
    Delete,

    /// <summary>Ctrl-W: back to white space.</summary>
    KillWord,

    /// <summary>Alt-Backspace: back to the beginning of a word.</summary>
    KillWordLeft,

    KillWordRight,
    KillToStart,
    KillToEnd,

    /// <summary>What was killed last comes back.</summary>
    Yank,

    /// <summary>The characters around the cursor change places.</summary>
    Transpose,

    /// <summary>The screen is cleared, the line stays.</summary>
    ClearScreen,

    /// <summary>Search in the history.</summary>
    Search,

    /// <summary>Ctrl-G: a search ends without a result.</summary>
    Abort,

    /// <summary>Ctrl-C.</summary>
    Interrupt,

    /// <summary>Ctrl-D: the end of the input on an empty line, otherwise like <see cref="Delete"/>.</summary>
    EndOrDelete,

    /// <summary>Ctrl-Z: the job stops.</summary>
    Suspend,

    /// <summary>The terminal has another size, or was used by somebody else.</summary>
    Redraw,

    /// <summary>The terminal is gone, or the process is told to end.</summary>
    EndOfInput,
}
