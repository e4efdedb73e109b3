"""What a token may read, in French."""

from webapp.vocabulary import TokenScope

SCOPES: dict[TokenScope, str] = {
    TokenScope.CAMPAIGNS: "les campagnes",
    TokenScope.CENTRES: "les centres",
    TokenScope.SHEETS: "les fiches envoyées et leurs réponses",
    TokenScope.FIGURES: "les chiffres d’une campagne",
}
