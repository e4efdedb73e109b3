"""Route × role × object: what every address answers to each of ten people, against a table written by hand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from werkzeug.test import TestResponse

from tests import databases, factories
from tests.client import PageClient
from tests.signing import sign_in, token_of
from tests.test_routes import UNSAFE, World, a_world, visits
from webapp import storage
from webapp.models import Attachment, Campaign, Centre, Funder, ReportRun, ReportRunFunder, Sheet, User
from webapp.vocabulary import JobState, RoleName

COOKIE = "recueil"
WHO = (
    "visitor",
    "member",
    "responsible",
    "neighbour",
    "reviewer",
    "admin",
    "elsewhere",
    "funder",
    "platform",
    "limited",
)

# By hand, from section 1 and « Permissions » of the design. Columns, in the order of WHO: a visitor; a membre and a
# responsable of the centre; a responsable of another centre of the federation; its relecteur and administrateur; the
# administrateur of another federation; a funder to whom the campaign and the report are addressed; the platform's
# administrator; a relecteur limited to another department.
#
# A cell is the status of the answer to an empty form on a thing of the centre: a sheet that was sent and a query on
# it, a file that was not sent with it, a campaign, a report that is ready… Outside one's scope 404; a right that lacks
# 403; a state that forbids 409; a form that lacks something 422, one that names no place 404. An unknown thing is
# answered by 404, by 403 where one's role opens that address on nothing, and to a visitor by the way to sign in; where
# it is anything else, it stands after a slash. « = » repeats the cell before. At the reading desk the report holds a
# published sheet without files; the quote is the funder's own, and not shared.
#
# A program’s address knows no session: 401 whatever the cookie, for what is there and what is not.
#
# To add an address: run the test, read the line that it prints against the design, and write it here.
BY_HAND = """
GET /                                                         302  =    =    =    =    =    =    =    =    =
GET /accessibilite                                            200  =    =    =    =    =    =    =    =    =
GET /actions/<id>                                             302  200  =    404  200  =    404  403  =    404
GET /aide                                                     200  =    =    =    =    =    =    =    =    =
GET /aide/donnees-personnelles                                200  =    =    =    =    =    =    =    =    =
GET /aide/<slug>                                              404  =    =    =    =    =    =    =    =    =
GET /aide/formulaire.pdf                                      200  =    =    =    =    =    =    =    =    =
GET /api                                                      200  =    =    =    =    =    =    =    =    =
GET /api/v1/campaigns                                         401  =    =    =    =    =    =    =    =    =
GET /api/v1/campaigns/<id>                                    401  401/401 =    =    =    =    =    =    =    =
GET /api/v1/catalogue                                         200  =    =    =    =    =    =    =    =    =
GET /api/v1/catalogue/<id>                                    404  =    =    =    =    =    =    =    =    =
GET /api/v1/centres                                           401  =    =    =    =    =    =    =    =    =
GET /api/v1/centres/<id>                                      401  401/401 =    =    =    =    =    =    =    =
GET /api/v1/figures                                           401  =    =    =    =    =    =    =    =    =
GET /api/v1/forms/<key>                                       404  =    =    =    =    =    =    =    =    =
GET /api/v1/forms/<key>/schema                                404  =    =    =    =    =    =    =    =    =
GET /api/v1/openapi.json                                      200  =    =    =    =    =    =    =    =    =
GET /api/v1/sheets                                            401  =    =    =    =    =    =    =    =    =
GET /api/v1/sheets/<id>                                       401  401/401 =    =    =    =    =    =    =    =
GET /api/v1/tables/sheets.csv                                 401  =    =    =    =    =    =    =    =    =
GET /avis/<token>                                             410  =    =    =    =    =    =    =    =    =
POST /avis/<token>                                            410  =    =    =    =    =    =    =    =    =
GET /avis/<token>/pieces/<file_id>                            404  =    =    =    =    =    =    =    =    =
GET /avis/merci                                               200  =    =    =    =    =    =    =    =    =
GET /campagnes                                                302  403  =    =    200  =    =    403  =    200
GET /campagnes/<id>                                           302  403  =    =    200  =    404  403  =    200
GET /campagnes/<id>/centres/<centre_id>/delai                 302  403  =    =    =    200  404  403  =    =
POST /campagnes/<id>/centres/<centre_id>/delai                401  403  =    =    =    422  404  403  =    =
POST /campagnes/<id>/centres/<centre_id>/delai/retirer        401  403  =    =    =    303  404  403  =    =
GET /campagnes/<id>/centres/classeur                          302  403  =    =    =    200  404  403  =    =
GET /campagnes/<id>/centres/importer                          302  403  =    =    =    200  404  403  =    =
POST /campagnes/<id>/centres/importer                         401  403  =    =    =    422  404  403  =    =
GET /campagnes/<id>/centres/importer/<list_id>                302  403  =    =    =    200  404  403  =    =
POST /campagnes/<id>/centres/importer/<list_id>               401  403  =    =    =    303  404  403  =    =
POST /campagnes/<id>/centres/importer/<list_id>/abandonner    401  403  =    =    =    303  404  403  =    =
GET /campagnes/<id>/conservation                              302  403  =    =    =    200  404  403  =    =
POST /campagnes/<id>/conservation                             401  403  =    =    =    422  404  403  =    =
GET /campagnes/<id>/dates.ics                                 302  403  =    =    200  =    404  403  =    200
GET /campagnes/<id>/delai                                     302  403  =    =    =    302  404  403  =    =
GET /campagnes/<id>/invitations                               302  403  =    =    200  =    404  403  =    200
POST /campagnes/<id>/invitations                              401  403  =    =    =    303  404  403  =    =
POST /campagnes/<id>/invitations/<mail_id>/renvoyer           401  403  =    =    =    422  404  403  =    =
GET /campagnes/<id>/modifier                                  302  403  =    =    =    200  404  403  =    =
POST /campagnes/<id>/modifier                                 401  403  =    =    =    422  404  403  =    =
GET /campagnes/<id>/relances                                  302  403  =    =    200  =    404  403  =    200
GET /campagnes/<id>/relances/<reminder_id>                    302  403  =    =    200  =    404  403  =    404
POST /campagnes/<id>/relances/<reminder_id>/annuler           401  403  =    =    303  =    404  403  =    404
POST /campagnes/<id>/relances/automatiques                    401  403  =    =    =    303  404  403  =    =
GET /campagnes/<id>/relances/nouvelle                         302  403  =    =    200  =    404  403  =    200
POST /campagnes/<id>/relances/nouvelle                        401  403  =    =    422  =    404  403  =    422
GET /campagnes/<id>/suivante                                  302  403  =    =    =    200  404  403  =    =
POST /campagnes/<id>/suivante                                 401  403  =    =    =    422  404  403  =    =
GET /campagnes/<id>/suivi                                     302  403  =    =    200  =    404  403  =    200
GET /campagnes/<id>/suivi/<centre_id>                         302  403  =    =    200  =    404  403  =    404
POST /campagnes/<id>/suivi/<centre_id>                        401  403  =    =    422  =    404  403  =    404
GET /campagnes/nouvelle                                       302  403  =    =    =    200  =    403  =    =
POST /campagnes/nouvelle                                      401  403  =    =    =    422  =    403  =    =
GET /catalogue                                                200  =    =    =    =    =    =    =    =    =
GET /catalogue/<id>                                           404  =    =    =    =    =    =    =    =    =
GET /catalogue/atom.xml                                       200  =    =    =    =    =    =    =    =    =
GET /catalogue/carte                                          200  =    =    =    =    =    =    =    =    =
GET /catalogue/donnees                                        200  =    =    =    =    =    =    =    =    =
GET /catalogue/donnees/dictionnaire.csv                       200  =    =    =    =    =    =    =    =    =
GET /catalogue/donnees/fiches.csv                             200  =    =    =    =    =    =    =    =    =
GET /catalogue/donnees/fiches.json                            200  =    =    =    =    =    =    =    =    =
GET /centres                                                  302  403  =    =    200  =    =    403  =    200
GET /centres/<id>                                             302  200  =    404  200  =    404  403  =    404
GET /centres/<id>/fusionner                                   302  403  =    =    =    200  404  403  =    =
POST /centres/<id>/fusionner                                  401  403  =    =    =    422  404  403  =    =
GET /centres/<id>/modifier                                    302  403  =    =    =    200  404  403  =    =
POST /centres/<id>/modifier                                   401  403  =    =    =    422  404  403  =    =
GET /centres/<id>/renommer                                    302  403  =    =    =    200  404  403  =    =
POST /centres/<id>/renommer                                   401  403  =    =    =    422  404  403  =    =
GET /centres/<id>/telephone                                   302  403  =    =    200  =    404  403  =    404
POST /centres/<id>/telephone                                  401  403  =    =    422  =    404  403  =    404
GET /centres/nouveau                                          302  403  =    =    =    200  =    403  =    =
POST /centres/nouveau                                         401  403  =    =    =    422  =    403  =    =
GET /compte                                                   302  200  =    =    =    =    =    =    =    =
POST /compte                                                  401  302  =    =    =    =    =    =    =    =
GET /compte/appareils                                         302  200  =    =    =    =    =    =    =    =
POST /compte/appareils/<session_id>/deconnecter               401  404  =    =    =    =    =    =    =    =
POST /compte/appareils/deconnecter-les-autres                 401  302  =    =    =    =    =    =    =    =
GET /compte/cles                                              302  200  =    =    =    =    =    =    =    =
POST /compte/cles                                             401  422  =    =    =    =    =    =    =    =
POST /compte/cles/<key_id>/retirer                            401  404  =    =    =    =    =    =    =    =
POST /compte/cles/question                                    401  200  =    =    =    =    =    =    =    =
GET /compte/confirmation                                      302  200  =    =    =    =    =    =    =    =
POST /compte/confirmation                                     401  422  =    =    =    =    =    =    =    =
GET /compte/donnees                                           302  200  =    =    =    =    =    =    =    =
GET /compte/donnees/telecharger                               302  200  =    =    =    =    =    =    =    =
GET /compte/double-authentification                           302  200  =    =    =    =    =    =    =    =
POST /compte/double-authentification/activer                  401  422  =    =    =    =    =    =    =    =
POST /compte/double-authentification/codes                    401  422  =    =    =    =    =    =    =    =
POST /compte/double-authentification/desactiver               401  302  =    =    =    =    =    =    =    =
POST /compte/double-authentification/preparer                 401  302  =    =    =    =    =    =    =    =
GET /compte/jetons                                            302  403  =    =    200  =    =    =    403  200
POST /compte/jetons                                           401  403  =    =    422  =    =    =    403  422
POST /compte/jetons/<token_id>/revoquer                       401  403  =    =    404  303  404  =    403  404
GET /compte/messages                                          302  200  =    =    =    =    =    =    =    =
POST /compte/messages                                         401  303  =    =    =    =    =    =    =    =
GET /compte/mot-de-passe                                      302  200  =    =    =    =    =    =    =    =
POST /compte/mot-de-passe                                     401  422  =    =    =    =    =    =    =    =
GET /comptes                                                  302  403  =    =    =    200  =    403  200  403
GET /comptes/<user_id>                                        302  403  =    =    =    200  404  403  200  403
POST /comptes/<user_id>/fermer                                401  403  =    =    =    302  404  403  302  403
POST /comptes/<user_id>/inviter                               401  403  =    =    =    302  404  403  302  403
POST /comptes/<user_id>/roles                                 401  403  =    =    =    422  404  403  422  403
GET /comptes/inviter                                          302  403  =    =    =    200  =    403  200  403
POST /comptes/inviter                                         401  403  =    =    =    422  =    403  422  403
POST /comptes/roles/<role_id>/departements                    401  403  =    =    =    422  404  403  422  403
POST /comptes/roles/<role_id>/remplacer                       401  403  =    =    =    302  404  403  302  403
POST /comptes/roles/<role_id>/retirer                         401  403  =    =    =    302  404  403  302  403
GET /confirmation/<token>                                     410  =    =    =    =    =    =    =    =    =
POST /confirmation/<token>                                    410  =    =    =    =    =    =    =    =    =
GET /confirmation/<token>/pieces/<file_id>                    404  =    =    =    =    =    =    =    =    =
GET /connexion                                                200  302  =    =    =    =    =    =    =    =
POST /connexion                                               422  =    =    =    =    =    =    =    =    =
POST /connexion/cle                                           422  =    =    =    =    =    =    =    =    =
POST /connexion/cle/question                                  200  =    =    =    =    =    =    =    =    =
GET /connexion/code                                           302  =    =    =    =    =    =    =    =    =
POST /connexion/code                                          302  =    =    =    =    =    =    =    =    =
GET /connexion/etat                                           200  =    =    =    =    =    =    =    =    =
POST /connexion/lien                                          422  =    =    =    =    =    =    =    =    =
GET /connexion/lien/<token>                                   410  =    =    =    =    =    =    =    =    =
POST /connexion/lien/<token>                                  410  =    =    =    =    =    =    =    =    =
GET /connexion/lien/envoye                                    200  =    =    =    =    =    =    =    =    =
GET /connexion/mot-de-passe-oublie                            200  =    =    =    =    =    =    =    =    =
GET /conditions-d-utilisation                                 200  =    =    =    =    =    =    =    =    =
GET /donnees-personnelles                                     200  =    =    =    =    =    =    =    =    =
GET /mentions-legales                                         200  =    =    =    =    =    =    =    =    =
POST /connexion/mot-de-passe-oublie                           422  =    =    =    =    =    =    =    =    =
GET /conventions                                              302  403  =    =    200  =    =    =    403  200
GET /conventions/<id>                                         302  403  =    =    200  =    404  200  403  200
POST /conventions/<id>/clore                                  401  403  =    =    =    303  404  403  =    =
GET /conventions/<id>/modifier                                302  403  =    =    =    200  404  403  =    =
POST /conventions/<id>/modifier                               401  403  =    =    =    422  404  403  =    =
POST /conventions/<id>/rapport                                401  403  =    =    422  =    404  403  =    422
POST /conventions/<id>/rouvrir                                401  403  =    =    =    303  404  403  =    =
GET /conventions/nouvelle                                     302  403  =    =    =    200  =    403  =    =
POST /conventions/nouvelle                                    401  403  =    =    =    422  =    403  =    =
POST /deconnexion                                             302  =    =    =    =    =    =    =    =    =
GET /droits                                                   200  =    =    =    =    =    =    =    =    =
GET /donnees-des-personnes                                    302  403  =    =    =    200  =    403  200  403
POST /donnees-des-personnes                                   401  403  =    =    =    422  =    403  422  403
POST /donnees-des-personnes/effacer                           401  403  =    =    =    422  =    403  422  403
POST /donnees-des-personnes/effacements/<number>/retirer-les-rapports 401  403  =    =    =    404  =    403  404  403
POST /donnees-des-personnes/exporter                          401  403  =    =    =    422  =    403  422  403
POST /donnees-des-personnes/mentions/<federation_id>          401  403  =    =    =    422  404  403  422  403
GET /federations                                              302  403  =    =    =    =    =    =    200  403
POST /federations                                             401  403  =    =    =    =    =    =    422  403
GET /fiches                                                   302  200  =    =    403  =    =    200  403  =
GET /fiches/<id>                                              302  200  =    404  302  =    404  403  =    404
GET /fiches/<id>/<section>                                    302  =    =    404  403/404 =    404  403  =    404
POST /fiches/<id>/<section>                                   401  409  =    404  403/404 =    404  403  =    404
POST /fiches/<id>/confirmer                                   401  409  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/demandes/<query_id>/redaction                302  409  =    404  403  =    =    =    =    =
POST /fiches/<id>/demandes/<query_id>/redaction               401  409  =    404  403  =    =    =    =    =
GET /fiches/<id>/diaporama                                    404  200  =    404  200  =    404  =    =    =
POST /fiches/<id>/doutes                                      401  409  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/emporter                                     302  200  =    404  403/404 =    404  403  =    404
POST /fiches/<id>/emporter                                    401  409  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/emporter/<taken_id>                          302  422  =    404  403/404 =    404  403  =    404
POST /fiches/<id>/emporter/<taken_id>                         401  422  =    404  403/404 =    404  403  =    404
POST /fiches/<id>/emporter/<taken_id>/abandonner              401  303  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/emporter/classeur                            302  200  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/emporter/papier                              302  200  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/envois                                       302  200  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/envois/<number>                              302  200  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/envois/<number>/pdf                          302  200  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/envoyee                                      302  200  =    404  403/404 =    404  403  =    404
POST /fiches/<id>/envoyer                                     401  403  303  404  403  =    =    =    =    =
GET /fiches/<id>/histoire                                     302  200  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/lecture                                      404  200  =    404  200  =    404  =    =    =
POST /fiches/<id>/lecture                                     404  204  =    404  204  =    404  =    =    =
POST /fiches/<id>/partage                                     401  403  422  404  403  =    =    =    =    =
GET /fiches/<id>/pdf                                          404  200  =    404  200  =    404  =    =    =
POST /fiches/<id>/pieces                                      401  409  =    404  403/404 =    404  403  =    404
GET /fiches/<id>/pieces/<file_id>                             404  200  =    404  =    =    =    =    =    =
DELETE /fiches/<id>/pieces/<upload_id>                        401  404  204  404  403/404 =    404  403  =    404
PUT /fiches/<id>/pieces/<upload_id>                           401  404  409  404  403/404 =    404  403  =    404
POST /fiches/<id>/pieces/<upload_id>/fin                      401  404  409  404  403/404 =    404  403  =    404
PATCH /fiches/<id>/reponses                                   401  415  =    404  403/404 =    404  403  =    404
POST /fiches/<id>/reprendre                                   401  403  303  404  403  =    =    =    =    =
POST /fiches/<id>/signature                                   401  403  409  404  403  =    =    =    =    =
POST /fiches/<id>/telephone/terminer                          401  303  =    404  403/404 =    404  403  =    404
POST /fiches/<id>/tout-modifier                               401  409  =    404  403  =    =    =    =    =
GET /fiches/<id>/une-page                                     404  200  =    404  200  =    404  =    =    =
GET /fiches/<id>/verification                                 302  =    =    404  403/404 =    404  403  =    404
GET /fiches/dates/<campaign_id>/campagne.ics                  302  200  =    =    403  =    =    =    =    =
GET /fiches/emporter/<centre_id>/<campaign_id>/classeur       302  200  =    404  403  =    =    =    =    =
GET /fiches/emporter/<centre_id>/<campaign_id>/formulaire.pdf 302  200  =    404  403  =    =    =    =    =
GET /fiches/nouvelle                                          302  200  =    =    403  =    =    =    =    =
POST /fiches/nouvelle                                         401  404  =    =    403  =    =    =    =    =
GET /financeurs                                               302  403  =    =    =    200  =    403  =    =
GET /financeurs/<id>                                          302  403  =    =    =    200  404  403  =    =
POST /financeurs/<id>                                         401  403  =    =    =    422  404  403  =    =
GET /financeurs/nouveau                                       302  403  =    =    =    200  =    403  =    =
POST /financeurs/nouveau                                      401  403  =    =    =    422  =    403  =    =
GET /healthz                                                  200  =    =    =    =    =    =    =    =    =
GET /hors-ligne                                               200  =    =    =    =    =    =    =    =    =
GET /imports                                                  302  403  =    =    =    200  =    403  =    =
POST /imports                                                 401  403  =    =    =    404  =    403  =    =
GET /imports/<id>                                             302  403  =    =    =    422  404  403  =    =
POST /imports/<id>                                            401  403  =    =    =    422  404  403  =    =
POST /imports/<id>/abandonner                                 401  403  =    =    =    303  404  403  =    =
GET /imports/campagnes/<campaign_id>/classeur                 302  403  =    =    =    200  404  403  =    =
GET /invitation/<token>                                       410  =    =    =    =    =    =    =    =    =
POST /invitation/<token>                                      410  =    =    =    =    =    =    =    =    =
GET /journal                                                  302  403  =    =    =    200  =    403  =    =
GET /lecture                                                  302  403  =    =    200  =    =    =    403  200
GET /lecture/<id>                                             302  403  =    =    200  =    404  200  403  404
GET /lecture/<id>/<sheet_id>                                  302  403  =    =    200  =    404  200  403  404
GET /lecture/<id>/<sheet_id>/citer/<question>                 302  403  =    =    200  =    404  200  403  404
POST /lecture/<id>/<sheet_id>/citer/<question>                401  403  =    =    422  =    404  422  403  404
POST /lecture/<id>/<sheet_id>/ici                             401  403  =    =    204  =    404  204  403  404
POST /lecture/<id>/<sheet_id>/lu                              401  403  =    =    303  =    404  303  403  404
GET /lecture/<id>/<sheet_id>/pieces/<file_id>                 302  403  =    =    404  =    =    =    403  404
POST /lecture/<id>/reprendre                                  401  403  =    =    303  =    404  303  403  404
GET /lecture/citations                                        302  403  =    =    200  =    =    =    403  200
POST /lecture/citations/<quote_id>                            401  403  =    =    404  =    =    303  403  404
POST /lecture/citations/<quote_id>/supprimer                  401  403  =    =    404  =    =    303  403  404
GET /lecture/citations/csv                                    302  403  =    =    200  =    =    =    403  200
GET /lecture/citations/texte                                  302  403  =    =    200  =    =    =    403  200
GET /metrics                                                  200  =    =    =    =    =    =    =    =    =
GET /rapports                                                 302  403  =    =    200  =    =    =    403  200
POST /rapports                                                401  403  =    =    404  =    =    403  =    404
GET /rapports/<id>                                            302  403  =    =    200  =    404  200  403  404
POST /rapports/<id>/annuler                                   401  403  =    =    303  =    404  403  =    404
GET /rapports/<id>/apercu                                     302  403  =    =    200  =    404  200  403  404
GET /rapports/<id>/chiffres/<figure>                          302  403  =    =    404  =    =    =    403  404
GET /rapports/<id>/comparer/<other_id>                        302  403  =    =    200  =    404  200  403  404
POST /rapports/<id>/emettre                                   401  403  =    =    =    303  404  403  =    =
POST /rapports/<id>/financeurs                                401  403  =    =    =    303  404  403  =    =
POST /rapports/<id>/liens                                     401  403  =    =    =    422  404  403  =    =
POST /rapports/<id>/liens/<link_id>/revoquer                  401  403  =    =    =    303  404  403  =    =
POST /rapports/<id>/supprimer                                 401  403  =    =    422  =    404  403  =    404
POST /rapports/<id>/lecture                                   401  403  =    =    204  =    404  204  403  404
GET /rapports/<id>/telecharger                                302  403  =    =    200  =    404  302  403  404
POST /rapports/<id>/telecharger                               401  403  =    =    200  =    404  200  403  404
GET /rapports/lectures                                        302  403  =    =    200  =    =    403  =    =
GET /rapports/lectures/csv                                    302  403  =    =    200  =    =    403  =    =
GET /rapports/lien/<token>                                    410  =    =    =    =    =    =    =    =    =
POST /rapports/lien/<token>                                   410  =    =    =    =    =    =    =    =    =
GET /rapports/modeles/<template_id>                           302  403  =    =    200  =    404  403  =    404
GET /rapports/modeles/<template_id>/apercu                    302  403  =    =    200  =    404  403  =    404
GET /rapports/modeles/<template_id>/chiffres/<figure>         302  403  =    =    404  =    =    403  =    404
POST /rapports/modeles/<template_id>/dupliquer                401  403  =    =    303  =    404  403  =    404
POST /rapports/modeles/<template_id>/faire                    401  403  =    =    303  =    404  403  =    404
GET /rapports/modeles/<template_id>/modifier                  302  403  =    =    200  =    404  403  =    404
POST /rapports/modeles/<template_id>/modifier                 401  403  =    =    422  =    404  403  =    404
POST /rapports/modeles/<template_id>/supprimer                401  403  =    =    303  =    404  403  =    404
GET /rapports/modeles/nouveau                                 302  403  =    =    200  =    =    403  =    200
POST /rapports/modeles/nouveau                                401  403  =    =    404  =    =    403  =    404
GET /rapports/nouveau                                         302  403  =    =    200  =    =    403  =    200
GET /rapports/presentation/<federation_id>                    302  403  =    =    =    200  404  403  =    =
POST /rapports/presentation/<federation_id>                   401  403  =    =    =    303  404  403  =    =
GET /rapports/presentation/<federation_id>/logo               302  403  =    =    =    404  =    403  =    =
GET /rapports/recus/<link_id>                                 404  =    =    =    =    =    =    =    =    =
POST /rapports/recus/<link_id>/telecharger                    404  =    =    =    =    =    =    =    =    =
GET /rapports/verifier                                        302  403  =    =    200  =    =    =    403  200
POST /rapports/verifier                                       401  403  =    =    422  =    =    =    403  422
GET /readyz                                                   200  =    =    =    =    =    =    =    =    =
GET /relecture                                                302  403  =    =    200  =    =    403  =    200
GET /relecture/<id>                                           302  403  =    =    200  =    404  403  =    404
POST /relecture/<id>/<decision>                               401  403  =    =    303  =    404  403  =    404
POST /relecture/<id>/attribuer                                401  403  =    =    303  =    404  403  =    404
POST /relecture/<id>/avis                                     401  403  =    =    422  =    404  403  =    404
POST /relecture/<id>/avis/<opinion_id>/retirer                401  403  =    =    303  =    404  403  =    404
POST /relecture/<id>/commencer                                401  403  =    =    303  =    404  403  =    404
POST /relecture/<id>/demandes                                 401  403  =    =    422  =    404  403  =    404
POST /relecture/<id>/demandes/<query_id>/fermer               401  403  =    =    303  =    404  403  =    404
GET /relecture/<id>/envois                                    302  403  =    =    200  =    404  403  =    404
GET /relecture/<id>/envois/<number>                           302  403  =    =    200  =    404  403  =    404
GET /relecture/<id>/envois/<number>/pdf                       302  403  =    =    200  =    404  403  =    404
POST /relecture/<id>/etiquettes                               401  403  =    =    422  =    404  403  =    404
POST /relecture/<id>/etiquettes/<label_id>/retirer            401  403  =    =    303  =    404  403  =    404
GET /relecture/<id>/histoire                                  302  403  =    =    200  =    404  403  =    404
POST /relecture/<id>/lu                                       401  403  =    =    303  =    404  403  =    404
POST /relecture/<id>/notes                                    401  403  =    =    422  =    404  403  =    404
POST /relecture/<id>/notes/<note_id>                          401  403  =    =    422  403/404 404  403  =    404
POST /relecture/<id>/notes/<note_id>/supprimer                401  403  =    =    303  =    404  403  =    404
POST /relecture/<id>/tout-rouvrir                             401  403  =    =    422  =    404  403  =    404
GET /relecture/campagnes/<campaign_id>/delai                  302  403  =    =    =    200  404  403  =    =
POST /relecture/campagnes/<campaign_id>/delai                 401  403  =    =    =    422  404  403  =    =
GET /relecture/etiquettes                                     302  403  =    =    =    200  =    403  =    =
POST /relecture/etiquettes                                    401  403  =    =    =    422  =    403  =    =
GET /relecture/etiquettes/<label_id>                          302  403  =    =    =    200  404  403  =    =
POST /relecture/etiquettes/<label_id>                         401  403  =    =    =    422  404  403  =    =
POST /relecture/etiquettes/<label_id>/supprimer               401  403  =    =    =    303  404  403  =    =
POST /relecture/lots                                          401  403  =    =    303  =    =    403  =    303
GET /relecture/lots/<id>                                      302  403  =    =    200  =    404  403  =    404
POST /relecture/lots/<id>/<how>                               401  403  =    =    303  =    404  403  =    404
POST /relecture/lots/<id>/confirmer                           401  403  =    =    303  =    404  403  =    404
GET /reponse/<token>                                          410  =    =    =    =    =    =    =    =    =
POST /reponse/<token>                                         410  =    =    =    =    =    =    =    =    =
GET /robots.txt                                               200  =    =    =    =    =    =    =    =    =
GET /service-worker.js                                        200  =    =    =    =    =    =    =    =    =
GET /signature/<token>                                        410  =    =    =    =    =    =    =    =    =
POST /signature/<token>                                       410  =    =    =    =    =    =    =    =    =
GET /signature/<token>/pieces/<file_id>                       404  =    =    =    =    =    =    =    =    =
GET /sitemap-<number>.xml                                     200  =    =    =    =    =    =    =    =    =
GET /sitemap.xml                                              200  =    =    =    =    =    =    =    =    =
GET /static/<filename>                                        200  =    =    =    =    =    =    =    =    =
GET /static/js-<version>/<filename>                           404  =    =    =    =    =    =    =    =    =
GET /surveillance                                             302  403  =    =    =    200  =    403  200  403
POST /surveillance/mails/<mail_id>/abandonner                 401  403  =    =    =    303  404  403  303  403
POST /surveillance/mails/<mail_id>/relancer                   401  403  =    =    =    303  404  403  303  403
POST /surveillance/travaux/<id>/annuler                       401  403  =    =    =    303  404  403  303  403
POST /surveillance/travaux/<id>/reprendre                     401  403  =    =    =    303  404  403  303  403
GET /travaux                                                  302  403  =    =    200  =    =    403  =    200
GET /travaux/<id>                                             302  403  =    =    200  =    404  403  =    404
POST /travaux/<id>/annuler                                    401  403  =    =    303  =    404  403  =    404
POST /travaux/<id>/reprendre                                  401  403  =    =    303  =    404  403  =    404
GET /webhooks                                                 302  403  =    =    =    200  =    403  =    =
POST /webhooks                                                401  403  =    =    =    422  =    403  =    =
POST /webhooks/<id>/envois/<delivery_id>/renvoyer             401  403  =    =    =    303  404  403  =    =
POST /webhooks/<id>/essai                                     401  403  =    =    =    303  404  403  =    =
POST /webhooks/<id>/retirer                                   401  403  =    =    =    303  404  403  =    =
"""


@dataclass(frozen=True)
class Person:
    """Somebody with an open session: the cookie, and the token that forms carry."""

    cookie: str | None
    token: str

    def ask(self, app: Flask, method: str, path: str) -> TestResponse:
        """What is answered, each time to a browser that remembers nothing else."""
        visitor = app.test_client()
        assert isinstance(visitor, PageClient)
        visitor.check_pages = False
        headers = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
        if method in UNSAFE:
            headers["X-CSRFToken"] = self.token
        if self.cookie:
            visitor.set_cookie(COOKIE, self.cookie)
        return visitor.open(path, method=method, headers=headers)


@dataclass(frozen=True)
class Stage:
    """Two worlds that know nothing of each other, the people who try, and the rows as they were."""

    app: Flask
    here: World
    there: World
    people: dict[str, Person]
    rows: dict[sa.Table, list[Any]]

    def ask(self, who: str, method: str, path: str) -> TestResponse:
        """The answer; whatever it has changed is put back."""
        answer = self.people[who].ask(self.app, method, path)
        if method in UNSAFE and answer.status_code < 400:
            put_back(self.rows)
            for run in (row for table, rows in self.rows.items() if table.name == "report_run" for row in rows):
                storage.put(run["storage_key"], b"a report")
        return answer


@pytest.fixture
def stage(app: Flask, db: SQLAlchemy) -> Stage:
    """Two worlds, and everybody signed in."""
    here, there = a_world(), a_world()
    for world in (here, there):
        _ready(world)
    centre = db.session.get_one(Centre, here.ids["centre"])
    neighbour = factories.person(
        RoleName.RESPONSIBLE, factories.CentreFactory(federation=centre.federation), password=None
    )
    limited = factories.person(RoleName.REVIEWER, centre.federation, password=None)
    limited.roles[0].departments = ["2A"]
    db.session.commit()
    accounts = {
        "visitor": None,
        "member": here.people[RoleName.MEMBER],
        "responsible": here.people[RoleName.RESPONSIBLE],
        "neighbour": neighbour,
        "reviewer": here.people[RoleName.REVIEWER],
        "admin": here.people[RoleName.ADMINISTRATOR],
        "elsewhere": there.people[RoleName.ADMINISTRATOR],
        "funder": here.people[RoleName.FUNDER],
        "platform": here.people[RoleName.PLATFORM],
        "limited": limited,
    }
    people = {who: _arrived(app, account) for who, account in accounts.items()}
    db.session.commit()
    return Stage(app, here, there, people, kept_rows())


def _ready(world: World) -> None:
    """The files that a sheet and a report speak of are there."""
    attachment = factories.db.session.get_one(Attachment, world.ids["file"])
    attachment.size = 8
    storage.put(attachment.storage_key, b"an image")
    run = factories.db.session.get_one(ReportRun, world.ids["report"])
    run.storage_key, run.file_name, run.media_type = f"reports/{run.id.hex}", "recueil.pdf", "application/pdf"
    run.size, run.sha256, run.finished_at = 8, "0" * 64, factories.START
    storage.put(run.storage_key, b"a report")
    sheet = factories.db.session.get_one(Sheet, world.ids["sheet"])
    run.snapshots = {sheet.reference: sheet.snapshots[0].sha256}
    if run.job is not None:
        run.job.state = JobState.DONE
    funder = factories.db.session.get_one(Funder, world.ids["funder"])
    run.addressed = [ReportRunFunder(funder=funder)]
    factories.address(factories.db.session.get_one(Campaign, world.ids["campaign"]), funder)


def _arrived(app: Flask, account: User | None) -> Person:
    visitor = app.test_client()
    assert isinstance(visitor, PageClient)
    if account is not None:
        sign_in(visitor, account)
    token = token_of(visitor)
    cookie = visitor.get_cookie(COOKIE)
    return Person(cookie.value if cookie else None, token)


def kept_rows() -> dict[sa.Table, list[Any]]:
    """Every row of every table."""
    tables = factories.db.metadata.sorted_tables
    return {table: [dict(row._mapping) for row in factories.db.session.execute(table.select())] for table in tables}


def put_back(rows: dict[sa.Table, list[Any]]) -> None:
    """Make the database what it was."""
    factories.db.session.rollback()
    databases.empty_tables()
    sheets = factories.db.metadata.tables["sheet"]
    with factories.db.engine.begin() as connection:
        for table, found in rows.items():
            # Sheets and snapshots refer to each other.
            given = [row | {"current_snapshot_id": None} for row in found] if table is sheets else found
            if given:
                connection.execute(table.insert(), given)
        for row in rows[sheets]:
            connection.execute(
                sheets.update()
                .where(sheets.c.id == row["id"])
                .values(current_snapshot_id=row["current_snapshot_id"], updated_at=row["updated_at"])
            )


def name_of(rule: str) -> str:
    """« /fiches/<id>/<section> »: the address without the kinds of its holes."""
    return re.sub(r"<(?:[^<>]+:)?([^:<>]+)>", r"<\1>", rule)


@dataclass(frozen=True)
class Line:
    """An address and a method: what each answers on our thing, on another federation's, on none."""

    name: str
    holes: bool
    ours: str
    theirs: str
    nothing: str
    method: str


def lines(app: Flask, here: dict[str, UUID], there: dict[str, UUID]) -> Iterator[Line]:
    """Every address of the site with each of its methods."""
    for ours, theirs, nothing in zip(visits(app, here), visits(app, there), visits(app), strict=True):
        rule, method, path = ours
        yield Line(f"{method} {name_of(rule.rule)}", "<uuid" in rule.rule, path, theirs[2], nothing[2], method)


def table() -> dict[str, list[str]]:
    """The lines written by hand."""
    found = {}
    for line in BY_HAND.strip().splitlines():
        method, rule, *cells = line.split()
        told: list[str] = []
        for cell in cells:
            told.append(told[-1] if cell == "=" else cell)
        found[f"{method} {rule}"] = told
    return found


def as_line(name: str, cells: list[str]) -> str:
    """A line as it stands in the table."""
    short = [cell if number == 0 or cell != cells[number - 1] else "=" for number, cell in enumerate(cells)]
    return f"{name:<62}{' '.join(f'{cell:<4}' for cell in short)}".rstrip()


def usual(status: int, who: str) -> int:
    """What an unknown thing is answered by where one of ours gives that status."""
    return status if status == 403 or (who == "visitor" and status in {302, 401}) else 404


def cell_of(ours: int, nothing: int, who: str) -> str:
    """What the table says of these two answers."""
    return str(ours) if nothing == usual(ours, who) else f"{ours}/{nothing}"


def test_every_address_answers_everybody_as_the_design_says(stage: Stage) -> None:
    written, wrong, seen, told, broken = table(), [], set(), [], []
    for line in lines(stage.app, stage.here.ids, stage.there.ids):
        seen.add(line.name)
        cells = []
        for who in WHO:
            ours = stage.ask(who, line.method, line.ours)
            nothing = stage.ask(who, line.method, line.nothing) if line.holes else ours
            cells.append(cell_of(ours.status_code, nothing.status_code, who) if line.holes else str(ours.status_code))
            broken += [line.name] * (ours.status_code >= 500 or nothing.status_code >= 500)
            # The platform belongs to no federation: nothing is foreign to it.
            if line.holes and who != "platform":
                foreign = ours if who == "elsewhere" else stage.ask(who, line.method, line.theirs)
                if _in_bytes(foreign) != _in_bytes(nothing):
                    told.append(f"{who}: {line.name}: {foreign.status_code}, {nothing.status_code}")
        if written.get(line.name) != cells:
            wrong.append(as_line(line.name, cells))
    assert not broken
    assert not told, "these tell that another federation's thing is there:\n" + "\n".join(told)
    assert not wrong, "check these against the design, then write them in the table:\n" + "\n".join(wrong)
    assert set(written) == seen, "these addresses are no longer there"


def _in_bytes(answer: TestResponse) -> tuple[int, str]:
    """The bytes of an answer, but for the ids of the address and the time of the anti-forgery token."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>", answer.text)
    text = re.sub(r'(csrf[_-]token" (?:value|content)=")[^"]*', r"\1", text)
    return answer.status_code, text
