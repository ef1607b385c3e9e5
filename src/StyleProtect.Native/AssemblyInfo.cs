using System.Runtime.CompilerServices;

// Every import is blittable; nothing is marshalled behind our back.
[assembly: DisableRuntimeMarshalling]
