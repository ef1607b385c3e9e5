namespace StyleProtect.Cli.Reporting;

/// <summary>Shows running work.</summary>
internal interface IProgressView
{
    /// <summary>Runs work that reports its steps, and shows them.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="shown">What a report looks like.</param>
    /// <param name="work">The work.</param>
    Task<T> ShowAsync<TReport, T>(string title, Func<TReport, ShownStep> shown, Func<IProgress<TReport>, Task<T>> work);
}
