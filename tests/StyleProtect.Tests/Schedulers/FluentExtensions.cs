namespace StyleProtect.Tests.Schedulers;

internal static class FluentExtensions
{
    internal static T Also<T>(this T value, Action<T> action)
    {
        action(value);
        return value;
    }
}
