namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>How the keys of a LoRA file are named.</summary>
public enum LoraLayout
{
    /// <summary>
    /// diffusers and peft: <c>unet.….to_q.lora_A.weight</c>. The layout has no place for α: it is multiplied into lora_B, so that every reader gets the right
    /// strength.
    /// </summary>
    Diffusers,

    /// <summary>kohya's scripts, AUTOMATIC1111, ComfyUI: <c>lora_unet_…_to_q.lora_down.weight</c>, with α beside it.</summary>
    Kohya,
}
