namespace StyleProtect.Diffusion.Tokenization;

/// <summary>Collects a prompt's tokens and lays them out: begin, tokens, end, fill.</summary>
internal sealed class SequenceBuilder(string text, SpecialTokenIds special, int length)
{
    private readonly List<TextToken> _tokens = [];
    private int _dropped;

    internal void Add(long id, string token, int start, int end, int word)
    {
        if (_tokens.Count < length - 2) _tokens.Add(new TextToken(_tokens.Count + 1, id, token, start, end, word));
        else _dropped++;
    }

    internal TokenizedText Build()
    {
        var ids = new long[length];
        Array.Fill(ids, special.Pad);
        ids[0] = special.Begin;
        foreach (var token in _tokens) ids[token.Position] = token.Id;
        ids[_tokens.Count + 1] = special.End;
        return new TokenizedText(text, ids, _tokens, _dropped);
    }
}
