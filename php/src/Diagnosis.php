<?php

declare(strict_types=1);

namespace Antom;

use Antom\Internal\NeverSerialized;
use Antom\Internal\Secret;

/**
 * Why a signature does not verify. Immutable.
 *
 * No dump shows stringToSign(), which holds the body, and it cannot be serialized.
 */
final class Diagnosis
{
    use NeverSerialized;

    private ?string $cause;
    private string $what;
    private string $fix;
    private Secret $stringToSign;

    /** Diagnoses come from {@see Client::diagnose()}; a test of yours may make its own. */
    public function __construct(
        ?string $cause,
        string $what,
        string $fix,
        #[\SensitiveParameter]
        string $stringToSign
    ) {
        $this->cause = $cause;
        $this->what = $what;
        $this->fix = $fix;
        $this->stringToSign = new Secret($stringToSign);
    }

    /** A name for programs, for example "path_sandbox"; null if the signature does verify. */
    public function cause(): ?string
    {
        return $this->cause;
    }

    /** What happened, in one line for people; empty if the signature does verify. */
    public function what(): string
    {
        return $this->what;
    }

    /** What to do about it; empty as above. */
    public function fix(): string
    {
        return $this->fix;
    }

    /** The text that the signature was checked over: compare it with what was signed. */
    public function stringToSign(): string
    {
        return $this->stringToSign->reveal();
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        return ['cause' => $this->cause, 'what' => $this->what, 'fix' => $this->fix];
    }
}
