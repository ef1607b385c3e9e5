using Spectre.Console;

namespace StyleProtect.Cli.Terminals;

/// <summary>Tables in this command's style.</summary>
internal static class Tables
{
    /// <summary>A table with these columns; a name that begins with &gt; is aligned to the right. Only the first column may wrap.</summary>
    internal static Table Create(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (var i = 0; i < columns.Length; i++)
        {
            var right = columns[i].StartsWith('>');
            var column = new TableColumn(Markup.Escape(right ? columns[i][1..] : columns[i])) { NoWrap = i > 0 };
            table.AddColumn(right ? column.RightAligned() : column);
        }

        return table;
    }
}
